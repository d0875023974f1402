/** Keeps what is being written on the server, a moment after each pause. */

const PAUSE_MS = 800;
const RETRY_MS = 5_000;

export class DraftKeeper {
  #keep;
  #onState;
  #kept;
  #text;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  /** @type {Promise<void>} */
  #keeping = Promise.resolve();

  /**
   * @param {string} text  what the server has
   * @param {(text: string) => Promise<void>} keep
   * @param {(state: 'drafting'|'kept'|'failed') => void} onState
   */
  constructor(text, keep, onState) {
    this.#kept = this.#text = text;
    this.#keep = keep;
    this.#onState = onState;
  }

  /** @param {string} text  as it stands in the field */
  changed(text) {
    this.#text = text;
    if (text === this.#kept) return;
    this.#onState('drafting');
    this.#later(PAUSE_MS);
  }

  /** @returns {string|null} what the server does not have yet */
  get unkept() {
    return this.#text === this.#kept ? null : this.#text;
  }

  /** A reply is on its way: no older draft may reach the server after it. */
  async hold() {
    clearTimeout(this.#timer);
    await this.#keeping;
  }

  /** @param {string} text  what stands in the field after the reply has taken the draft away */
  sent(text) {
    this.#kept = '';
    this.changed(text);
  }

  /** @param {number} delayMs */
  #later(delayMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#keeping = this.#keeping.then(() => this.#save());
    }, delayMs);
  }

  async #save() {
    const text = this.#text;
    if (text === this.#kept) return;
    try {
      await this.#keep(text);
    } catch {
      this.#onState('failed');
      this.#later(RETRY_MS);
      return;
    }
    this.#kept = text;
    this.#onState('kept');
  }
}
