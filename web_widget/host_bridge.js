/**
 * The panel's side of the talk with the page that embeds it. Only opening, closing and a number
 * cross the border, never what is said in the chat.
 */

/** @typedef {'ready'|'close'|'unread'} PanelSignal */

const APP = 'jinjibu';

export class HostBridge {
  #host;
  #origin;
  #handlers;

  /**
   * @param {Window} panel
   * @param {string|null} origin  of the embedding page, as the loader gave it; the server's
   *   frame-ancestors decides which pages may embed at all
   * @param {{onOpened: () => void, onClosed: () => void}} handlers
   */
  constructor(panel, origin, handlers) {
    this.#host = panel.parent;
    this.#origin = origin && /^https?:\/\/[^/]+$/.test(origin) ? origin : null;
    this.#handlers = handlers;
    panel.addEventListener('message', (event) => this.#receive(event));
  }

  /** @param {PanelSignal} type @param {number} [count] */
  tell(type, count = 0) {
    if (this.#origin) this.#host.postMessage({ app: APP, type, count }, this.#origin);
  }

  /** @param {MessageEvent} event */
  #receive(event) {
    if (event.source !== this.#host || event.origin !== this.#origin) return;
    if (event.data?.app !== APP) return;
    if (event.data.type === 'opened') this.#handlers.onOpened();
    if (event.data.type === 'closed') this.#handlers.onClosed();
  }
}
