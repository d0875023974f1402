/** A wait that can be ended early: the network is back, the page is visible again, or all is over. */

export class Pause {
  #timers;
  /** @type {(() => void)|null} */
  #end = null;

  /** @param {Timers} timers */
  constructor(timers) {
    this.#timers = timers;
  }

  /** @param {number} delayMs @returns {Promise<void>} */
  wait(delayMs) {
    this.end();
    return new Promise((resolve) => {
      const timer = this.#timers.set(() => this.end(), delayMs);
      this.#end = () => {
        this.#timers.clear(timer);
        this.#end = null;
        resolve();
      };
    });
  }

  end() {
    this.#end?.();
  }
}
