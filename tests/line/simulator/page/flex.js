/* Flex messages as LINE draws them. Styles go through the CSSOM, which the page's policy allows. */

const SPACES = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const CORNERS = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const BORDERS = { none: 0, light: 0.5, normal: 1, medium: 2, "semi-bold": 3, bold: 4 };
const TEXTS = {
  xxs: 11, xs: 13, sm: 14, md: 16, lg: 19, xl: 22, xxl: 29, "3xl": 35, "4xl": 48, "5xl": 74,
};
const IMAGES = {
  xxs: 40, xs: 60, sm: 80, md: 100, lg: 120, xl: 140, xxl: 160, "3xl": 180, "4xl": 200, "5xl": 220,
};
const WIDTHS = { nano: 120, micro: 160, deca: 220, hecto: 241, kilo: 260, mega: 300, giga: 386 };
const PADDINGS = {
  paddingAll: "padding", paddingTop: "padding-top", paddingBottom: "padding-bottom",
  paddingStart: "padding-left", paddingEnd: "padding-right",
};
const OFFSETS = { offsetTop: "top", offsetBottom: "bottom", offsetStart: "left", offsetEnd: "right" };
const ALIGNS = { start: "left", end: "right", center: "center" };
const GRAVITIES = { top: "flex-start", center: "center", bottom: "flex-end" };

/** A length of LINE's as one of CSS. */
function length(value, names) {
  return value in names ? `${names[value]}px` : value;
}

/** Set one style unless there is no value. */
function style(element, name, value) {
  if (value !== undefined && value !== null && value !== "") element.style.setProperty(name, String(value));
}

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** A button or link that does an action of LINE's. */
export function press(action, act, className) {
  const element = make(action.type === "uri" ? "a" : "button", `press ${className}`, action.label ?? action.text ?? action.uri);
  if (action.type === "uri") {
    element.href = /^(https?|tel):/i.test(action.uri) ? action.uri : "#";
    element.target = "_blank";
    element.rel = "noopener noreferrer";
  } else {
    element.type = "button";
    element.addEventListener("click", () => act(action));
  }
  return element;
}

/** Make a part that is no button do its action when it is tapped. */
function tappable(element, component, act) {
  if (!component.action) return;
  element.classList.add("tap");
  element.tabIndex = 0;
  element.setAttribute("role", component.action.type === "uri" ? "link" : "button");
  if (component.action.label) element.setAttribute("aria-label", component.action.label);
  const go = () => {
    if (component.action.type === "uri") window.open(component.action.uri, "_blank", "noopener");
    else act(component.action);
  };
  element.addEventListener("click", go);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      go();
    }
  });
}

/** How much room a part takes beside its neighbours: LINE's rules of `flex`. */
function share(element, component, layout) {
  const isRow = layout !== "vertical";
  if (component.width !== undefined && isRow) {
    style(element, "flex", "none");
    return;
  }
  const preset = isRow && !["icon", "separator"].includes(component.type) ? 1 : 0;
  const part = component.flex ?? (component.type === "filler" ? 1 : preset);
  style(element, "flex", part === 0 ? "0 0 auto" : `${part} ${isRow ? 0 : 1} ${isRow ? "0" : "auto"}`);
}

function surround(element, component) {
  style(element, "background-color", component.backgroundColor);
  style(element, "border-radius", length(component.cornerRadius, CORNERS));
  if (component.borderWidth || component.borderColor) {
    style(element, "border", `${length(component.borderWidth ?? "normal", BORDERS)} solid ${component.borderColor ?? "#000"}`);
  }
  for (const [name, css] of Object.entries(PADDINGS)) style(element, css, length(component[name], SPACES));
  for (const name of ["width", "height", "maxWidth", "maxHeight"]) {
    style(element, name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`), component[name]);
  }
  const back = component.background;
  if (back?.type === "linearGradient") {
    const middle = back.centerColor ? `, ${back.centerColor} ${back.centerPosition ?? "50%"}` : "";
    style(element, "background-image", `linear-gradient(${back.angle}, ${back.startColor}${middle}, ${back.endColor})`);
  }
}

function place(element, component) {
  if (component.position === "absolute") style(element, "position", "absolute");
  else if (Object.keys(OFFSETS).some((name) => name in component)) style(element, "position", "relative");
  for (const [name, css] of Object.entries(OFFSETS)) style(element, css, length(component[name], SPACES));
}

function box(component, act) {
  const element = make("div", `box ${component.layout}`);
  surround(element, component);
  style(element, "justify-content", component.justifyContent);
  style(element, "align-items", component.alignItems);
  let isFirst = true;
  for (const child of component.contents) {
    const made = draw(child, act);
    const isAbsolute = child.position === "absolute";
    if (!isAbsolute) share(made, child, component.layout);
    const gap = child.margin ?? (isFirst ? undefined : component.spacing);
    if (!isAbsolute && gap !== undefined) {
      style(made, component.layout === "vertical" ? "margin-top" : "margin-left", length(gap, SPACES));
    }
    isFirst = isFirst && isAbsolute;
    element.append(made);
  }
  return element;
}

function letters(element, component) {
  style(element, "font-size", component.size && length(component.size, TEXTS));
  style(element, "color", component.color);
  style(element, "font-weight", component.weight);
  style(element, "font-style", component.style);
  style(element, "text-decoration", component.decoration);
}

function text(component) {
  const element = make("div", "text");
  const line = make("span", component.wrap ? "line wrapped" : "line");
  style(element, "font-size", "16px");
  letters(element, component);
  style(element, "text-align", ALIGNS[component.align]);
  if (component.lineSpacing) style(line, "line-height", `calc(1.4em + ${component.lineSpacing})`);
  if (component.contents?.length) {
    for (const part of component.contents) {
      const span = make("span", "", part.text);
      letters(span, part);
      line.append(span);
    }
  } else {
    line.textContent = component.text;
  }
  if (component.maxLines && component.wrap) {
    style(line, "display", "-webkit-box");
    style(line, "-webkit-box-orient", "vertical");
    style(line, "-webkit-line-clamp", component.maxLines);
  }
  if (component.gravity) {
    style(element, "display", "flex");
    style(element, "flex-direction", "column");
    style(element, "justify-content", GRAVITIES[component.gravity]);
  }
  element.append(line);
  return element;
}

function button(component, act) {
  const element = make("div", `flex-button ${component.height ?? "md"}`);
  const kind = component.style ?? "link";
  const inside = press(component.action, act, kind);
  if (component.color) style(inside, kind === "link" ? "color" : "background-color", component.color);
  style(element, "align-items", GRAVITIES[component.gravity]);
  element.append(inside);
  return element;
}

function picture(component) {
  const element = make("div", "picture", component.type === "icon" ? "" : "画像");
  element.title = component.url ?? "";
  const size = component.size ?? (component.type === "icon" ? "md" : "md");
  if (component.type === "icon") {
    style(element, "width", length(size, TEXTS));
    style(element, "height", length(size, TEXTS));
    return element;
  }
  style(element, "width", size === "full" ? "100%" : length(size, IMAGES));
  style(element, "aspect-ratio", (component.aspectRatio ?? "1:1").replace(":", " / "));
  style(element, "align-self", { start: "flex-start", end: "flex-end" }[component.align] ?? "center");
  style(element, "max-width", "100%");
  return element;
}

const DRAWN = {
  box, text, button, image: picture, icon: picture, video: picture,
  separator: (component) => {
    const element = make("div", "separator");
    style(element, "background-color", component.color);
    return element;
  },
  filler: () => make("div", "filler"),
};

function draw(component, act) {
  const element = (DRAWN[component.type] ?? (() => make("div")))(component, act);
  place(element, component);
  if (component.type !== "button") tappable(element, component, act);
  return element;
}

/** One bubble. */
export function bubble(contents, act) {
  const element = make("div", "bubble");
  style(element, "width", `${WIDTHS[contents.size ?? "mega"]}px`);
  style(element, "direction", contents.direction);
  for (const name of ["header", "hero", "body", "footer"]) {
    if (!contents[name]) continue;
    const block = make("div", `block ${name}`);
    const inside = draw(contents[name], act);
    if (name === "body") style(inside, "flex", "1 0 auto");
    const looks = contents.styles?.[name] ?? {};
    style(block, "background-color", looks.backgroundColor ?? contents[name].backgroundColor);
    if (looks.separator) block.classList.add("separated");
    style(block, "border-top-color", looks.separatorColor);
    if (Object.keys(PADDINGS).some((side) => side in contents[name])) {
      for (const [side, css] of Object.entries(PADDINGS)) {
        style(block, css, length(contents[name][side], SPACES));
      }
      for (const css of Object.values(PADDINGS)) inside.style.removeProperty(css);
    }
    block.append(inside);
    element.append(block);
  }
  tappable(element, contents, act);
  return element;
}
