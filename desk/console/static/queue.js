// @ts-check
/** The queue: single keys and the box for the whole page. Everything works without it too. */

const TYPES_TEXT = 'textarea, select, [contenteditable], input:not([type="checkbox"])';

/**
 * Whether a key press is meant for the queue: not while somebody types, writes Japanese with
 * an input method, holds a modifier or has a dialog open.
 * @param {KeyboardEvent} event
 */
export function isForQueue(event) {
  if (event.defaultPrevented || event.isComposing || event.key === 'Process') return false;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.repeat && event.key === 'c') return false;
  const target = event.target;
  if (target instanceof Element && target.closest(TYPES_TEXT)) return false;
  return document.querySelector('dialog[open]') === null;
}

/** @param {HTMLElement | undefined} row */
function linkOf(row) {
  return /** @type {HTMLAnchorElement | null} */ (row?.querySelector('.cell-number a') ?? null);
}

class Queue {
  constructor() {
    /** @type {HTMLElement[]} */
    this.rows = [...document.querySelectorAll('tr.queue-row')].map((row) => /** @type {HTMLElement} */ (row));
    this.at = -1;
  }

  /** @param {number} step */
  move(step) {
    if (this.rows.length === 0) return;
    const focused = this.rows.findIndex((row) => row.contains(document.activeElement));
    const from = focused >= 0 ? focused : this.at;
    this.at = Math.max(0, Math.min(this.rows.length - 1, from < 0 ? 0 : from + step));
    const link = linkOf(this.rows[this.at]);
    link?.focus();
    link?.scrollIntoView({ block: 'nearest' });
  }

  row() {
    const focused = this.rows.findIndex((row) => row.contains(document.activeElement));
    if (focused >= 0) this.at = focused;
    return this.rows[this.at];
  }

  link() {
    return linkOf(this.row());
  }

  box() {
    return /** @type {HTMLInputElement | null} */ (this.row()?.querySelector('input[name="chosen"]') ?? null);
  }

  open() {
    this.link()?.click();
  }

  choose() {
    this.box()?.click();
  }

  /** The chosen cases, or the one at the cursor. */
  claim() {
    const button = /** @type {HTMLButtonElement | null} */ (document.querySelector('#bulk button[value="claim"]'));
    if (!button) return;
    if (!document.querySelector('input[name="chosen"]:checked')) {
      const box = this.box();
      if (!box) return;
      box.click();
    }
    button.click();
  }
}

function startKeys() {
  const queue = new Queue();
  const help = /** @type {HTMLDialogElement | null} */ (document.getElementById('keys-help'));
  const search = document.getElementById('q');
  /** @type {Record<string, () => void>} */
  const deeds = {
    j: () => queue.move(1),
    k: () => queue.move(-1),
    o: () => queue.open(),
    x: () => queue.choose(),
    c: () => queue.claim(),
    '/': () => search?.focus(),
    '?': () => help?.showModal(),
  };
  document.addEventListener('keydown', (event) => {
    const deed = deeds[event.key];
    if (!deed || !isForQueue(event)) return;
    event.preventDefault();
    deed();
  });
  document.getElementById('keys-open')?.addEventListener('click', () => help?.showModal());
}

/** The box for the whole page shows itself in the rows, and a row taken out takes it back. */
function startWholePage() {
  const whole = /** @type {HTMLInputElement | null} */ (document.getElementById('whole-page'));
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('input[name="chosen"]'));
  if (!whole) return;
  whole.addEventListener('change', () => {
    for (const box of boxes) box.checked = whole.checked;
  });
  for (const box of boxes) {
    box.addEventListener('change', () => {
      whole.checked = [...boxes].every((each) => each.checked);
    });
  }
}

startWholePage();
if (document.getElementById('keys')?.dataset.on === '1') startKeys();
