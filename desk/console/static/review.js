/** Chooses labels by one key each. The page works without it. */

const SWITCH = 'jinjibu-review-keys';
const TYPED = 'textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]';
const PRESSED_BY_ENTER = 'a, button, summary';

function start() {
  const form = document.getElementById('review-form');
  const toggle = document.getElementById('review-keys');
  const part = document.getElementById('review-keys-part');
  const announcer = document.getElementById('review-announcer');
  if (!(form instanceof HTMLFormElement) || !(toggle instanceof HTMLInputElement)) return;
  if (!part || !announcer) return;
  part.hidden = false;
  toggle.checked = read() !== 'off';
  toggle.addEventListener('change', () => write(toggle.checked ? 'on' : 'off'));

  document.addEventListener('keydown', (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    const isComposing = event.isComposing || event.keyCode === 229;
    if (!toggle.checked || isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (target.closest(TYPED)) return;
    if (event.key === 'Enter') {
      if (target.closest(PRESSED_BY_ENTER) || event.repeat) return;
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    const chosen = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!(chosen instanceof HTMLElement) || event.repeat) return;
    event.preventDefault();
    chosen.click();
    const name = chosen.closest('label')?.querySelector('span')?.textContent ?? '';
    const isOff = chosen instanceof HTMLInputElement && !chosen.checked;
    const { on = '', off = '' } = announcer.dataset;
    announcer.textContent = name + (isOff ? off : on);
  });
}

/** The browser may refuse to keep anything. */
function read() {
  try {
    return localStorage.getItem(SWITCH);
  } catch {
    return null;
  }
}

function write(value) {
  try {
    localStorage.setItem(SWITCH, value);
  } catch {
    // The switch then holds for this page.
  }
}

start();
