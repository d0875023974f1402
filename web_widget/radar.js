/**
 * The diagnosis as a figure: one axis for each dimension, numbered as in the table beside it.
 *
 * A dimension that was not asked has a dashed axis and no point: it must not look like level 0.
 */

import { svgElement } from './element.js';

const SIZE = 240;
const CENTRE = SIZE / 2;
const RADIUS = 84;
const LABEL_RADIUS = 104;
const LEVELS = 5;

/**
 * @param {Array<{level: number|null, weak: boolean}>} axes  level 0–4, null when not asked
 * @param {string} label  what a screen reader says of the figure
 * @returns {SVGElement}
 */
export function radar(axes, label) {
  const figure = svgElement('svg', {
    class: 'radar',
    viewBox: `0 0 ${SIZE} ${SIZE}`,
    role: 'img',
    'aria-label': label,
  });
  for (let ring = 1; ring <= LEVELS; ring += 1) {
    const corners = axes.map((_, index) => point(index, axes.length, (RADIUS * ring) / LEVELS));
    figure.append(svgElement('polygon', { class: 'radar-ring', points: corners.join(' ') }));
  }
  axes.forEach((axis, index) => figure.append(axisLine(axis, index, axes.length)));
  axes.forEach((axis, index) => {
    const next = (index + 1) % axes.length;
    if (axis.level === null || axes[next].level === null || axes.length < 3) return;
    figure.append(...wedge(levelPoint(axes, index), levelPoint(axes, next)));
  });
  axes.forEach((axis, index) => {
    if (axis.level !== null) figure.append(dot(levelPoint(axes, index)));
    figure.append(...axisLabel(axis, index, axes.length));
  });
  return figure;
}

/**
 * @param {number} index
 * @param {number} count
 * @param {number} radius
 * @returns {[number, number]}
 */
function point(index, count, radius) {
  const angle = (2 * Math.PI * index) / count - Math.PI / 2;
  const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;
  return [round(CENTRE + radius * Math.cos(angle)), round(CENTRE + radius * Math.sin(angle))];
}

/** @param {Array<{level: number|null}>} axes @param {number} index */
function levelPoint(axes, index) {
  const level = Math.max(0, Math.min(LEVELS - 1, axes[index].level ?? 0));
  return point(index, axes.length, (RADIUS * (level + 1)) / LEVELS);
}

/** @param {{level: number|null}} axis @param {number} index @param {number} count */
function axisLine(axis, index, count) {
  const [x2, y2] = point(index, count, RADIUS);
  const kind = axis.level === null ? 'radar-axis radar-axis-unasked' : 'radar-axis';
  return svgElement('line', { class: kind, x1: CENTRE, y1: CENTRE, x2, y2 });
}

/** @param {[number, number]} from @param {[number, number]} to */
function wedge(from, to) {
  const area = `${CENTRE},${CENTRE} ${from} ${to}`;
  return [
    svgElement('polygon', { class: 'radar-area', points: area }),
    svgElement('line', { class: 'radar-edge', x1: from[0], y1: from[1], x2: to[0], y2: to[1] }),
  ];
}

/** @param {[number, number]} at */
function dot([cx, cy]) {
  return svgElement('circle', { class: 'radar-dot', cx, cy, r: 4 });
}

/** @param {{level: number|null, weak: boolean}} axis @param {number} index @param {number} count */
function axisLabel(axis, index, count) {
  const [x, y] = point(index, count, LABEL_RADIUS);
  const weak = axis.weak ? ' radar-weak' : '';
  const unasked = axis.level === null ? ' radar-unasked' : '';
  return [
    svgElement('circle', { class: `radar-badge${weak}${unasked}`, cx: x, cy: y, r: 12 }),
    svgElement(
      'text',
      { class: `radar-number${weak}`, x, y, dy: '0.35em', 'text-anchor': 'middle' },
      index + 1,
    ),
  ];
}
