/** Making of DOM nodes: text only as text, never as markup. */

const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]  `true` sets an empty
 *   attribute; `false`, `null` and `undefined` set none
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  fill(node, attributes, children);
  return node;
}

/**
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svgElement(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG_NAMESPACE, tag);
  fill(node, attributes, children);
  return node;
}

/**
 * @param {string} path  path data, on a grid of 24 by 24
 * @returns {SVGElement} an icon that says nothing to a screen reader
 */
export function icon(path) {
  return svgElement(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' },
    svgElement('path', { d: path }),
  );
}

/**
 * Text with its web addresses as links. Only for what the bot and the staff write.
 *
 * @param {string} text
 * @returns {Node[]}
 */
export function linkedText(text) {
  return text.split(/(https?:\/\/[\w\-./?%&=#~:@!$'*+,;]+[\w\-/?%&=#~])/).map((part, index) => {
    if (index % 2 === 0) return document.createTextNode(part);
    return link(part, part);
  });
}

/**
 * @param {string} address
 * @param {string} label
 * @returns {Node} a link that opens beside the chat; plain text when the address is not http(s)
 */
export function link(address, label) {
  if (!/^https?:\/\//.test(address)) return document.createTextNode(label);
  return element('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, label);
}

/** @param {Element} node @param {Attributes} attributes @param {Child[]} children */
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(name, String(value));
    }
  }
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    node.append(typeof child === 'number' ? String(child) : child);
  }
}
