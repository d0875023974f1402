/** The field to write in: Enter that sends but never cuts a conversion short, length, person button. */

import { element, icon } from './element.js';
import { charactersLeft, TEXTS } from './messages.js';

export const MAX_CHARACTERS = 2_000;
const COUNTER_FROM = 1_800;
/** A screen reader hears the counter at these steps only. */
const SPOKEN_STEP = 50;
/** Safari ends the composition before the keydown of the Enter that confirmed it. */
const AFTER_COMPOSITION_MS = 50;
const MAX_HEIGHT_PX = 160;

const SEND_ICON = 'M3 20.5v-6.5l8-2-8-2V3.5L22 12z';
const PERSON_ICON =
  'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm0 2c-4.4 0-8 2.2-8 5v1h16v-1c0-2.8-3.6-5-8-5z';

/** What the keyboard and the browser's own filling should expect, by the key of the open question. */
const EXPECTED = {
  employees: { inputmode: 'numeric', autocomplete: 'off' },
  company_name: { inputmode: 'text', autocomplete: 'organization' },
  contact_name: { inputmode: 'text', autocomplete: 'name' },
  contact_email: { inputmode: 'email', autocomplete: 'email' },
  contact_phone: { inputmode: 'tel', autocomplete: 'tel' },
};
const ANYTHING = { inputmode: 'text', autocomplete: 'off' };

/**
 * @param {{key: string, shiftKey: boolean, isComposing: boolean, keyCode: number,
 *   timeStamp: number}} event
 * @param {number} compositionEndedAt  time stamp of the last compositionend
 * @returns {boolean} true for an Enter that is meant to send
 */
export function isSendKey(event, compositionEndedAt) {
  if (event.key !== 'Enter' || event.shiftKey) return false;
  if (event.isComposing || event.keyCode === 229) return false;
  return event.timeStamp - compositionEndedAt > AFTER_COMPOSITION_MS;
}

/** @param {string} text */
export function characterCount(text) {
  return [...text].length; // Code points, as the server counts.
}

export class Composer {
  #onSend;
  #onTyping;
  #compositionEndedAt = Number.NEGATIVE_INFINITY;
  #spokenStep = 0;
  #input;
  #counter;
  #counterSpoken;

  /**
   * @param {object} options
   * @param {(text: string) => void} options.onSend
   * @param {() => void} options.onTyping
   * @param {() => void} options.onTalkToHuman
   * @param {() => void} options.onErase
   */
  constructor({ onSend, onTyping, onTalkToHuman, onErase }) {
    this.#onSend = onSend;
    this.#onTyping = onTyping;
    this.#input = element('textarea', {
      id: 'chat-input',
      rows: 1,
      placeholder: TEXTS.inputPlaceholder,
      enterkeyhint: 'send',
      'aria-describedby': 'chat-hint chat-counter',
      ...ANYTHING,
    });
    this.#counter = element('p', { id: 'chat-counter', class: 'counter' });
    this.#counterSpoken = element('p', { class: 'visually-hidden', role: 'status' });
    this.human = toolButton('talk-to-human', TEXTS.talkToHuman, onTalkToHuman, PERSON_ICON);
    this.erase = toolButton('erase', TEXTS.erase, onErase);
    this.human.setAttribute('aria-describedby', 'chat-hours');
    this.hours = element('p', { id: 'chat-hours', class: 'hours' });
    this.node = this.#form();
    this.#listen();
  }

  get value() {
    return this.#input.value;
  }

  set value(text) {
    this.#input.value = text;
    this.#changed();
  }

  focus() {
    this.#input.focus();
  }

  /** @param {string|null} key  of the question that is open */
  expect(key) {
    const expected = EXPECTED[/** @type {keyof typeof EXPECTED} */ (key)] ?? ANYTHING;
    for (const [name, value] of Object.entries(expected)) this.#input.setAttribute(name, value);
  }

  #form() {
    return element(
      'form',
      { id: 'chat-form', class: 'composer', novalidate: true },
      element('label', { for: 'chat-input', class: 'visually-hidden' }, TEXTS.inputLabel),
      element(
        'div',
        { class: 'composer-row' },
        this.#input,
        element(
          'button',
          { type: 'submit', id: 'chat-send', class: 'button button-primary' },
          icon(SEND_ICON),
          element('span', {}, TEXTS.send),
        ),
      ),
      this.#counter,
      this.#counterSpoken,
      element(
        'div',
        { class: 'composer-tools' },
        this.human,
        element('p', { id: 'chat-hint', class: 'hint' }, TEXTS.inputHint),
        this.erase,
      ),
      this.hours,
    );
  }

  #listen() {
    this.node.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener('compositionend', (event) => {
      this.#compositionEndedAt = event.timeStamp;
    });
    this.#input.addEventListener('keydown', (event) => {
      if (!isSendKey(event, this.#compositionEndedAt)) return;
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener('input', () => {
      this.#changed();
      this.#onTyping();
    });
  }

  #submit() {
    const text = this.#input.value.trim();
    const tooLong = characterCount(text) > MAX_CHARACTERS;
    if (text === '' || tooLong) {
      if (tooLong) this.#counterSpoken.textContent = TEXTS.tooLong;
      this.focus();
      return;
    }
    this.value = '';
    this.#onSend(text);
  }

  #changed() {
    const count = characterCount(this.#input.value);
    const left = MAX_CHARACTERS - count;
    this.#counter.textContent = count >= COUNTER_FROM ? charactersLeft(left) : '';
    this.#counter.dataset.over = String(left < 0);
    this.#input.setAttribute('aria-invalid', String(left < 0));
    this.#speak(count, left);
    this.#input.style.height = 'auto';
    const height = Math.min(this.#input.scrollHeight + 2, MAX_HEIGHT_PX);
    this.#input.style.height = `${height}px`;
  }

  /** @param {number} count @param {number} left */
  #speak(count, left) {
    const step = count >= COUNTER_FROM ? Math.floor(count / SPOKEN_STEP) : 0;
    if (step === this.#spokenStep) return;
    this.#spokenStep = step;
    this.#counterSpoken.textContent = step > 0 ? charactersLeft(left) : '';
  }
}

/** @param {string} id @param {string} label @param {() => void} onClick @param {string} [path] */
function toolButton(id, label, onClick, path) {
  const button = element(
    'button',
    { type: 'button', id, class: path ? 'button button-outline' : 'button button-text' },
    path && icon(path),
    label,
  );
  button.addEventListener('click', onClick);
  return button;
}
