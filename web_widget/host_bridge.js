/**
 * The panel's side of the talk with the page that embeds it. Only opening, closing and a number
 * cross the border, never what is said in the chat.
 *
 * The page's loader sends one greeting with a port; from then on both speak over that port, which
 * no other script of the page has. Which pages may embed at all is for the server's frame-ancestors.
 */

/** @typedef {'ready'|'close'|'unread'} PanelSignal */

const APP = 'jinjibu';

export class HostBridge {
  #host;
  #origin;
  #handlers;
  /** @type {MessagePort|null} */
  #port = null;
  /** @type {Map<PanelSignal, number>} what the page is to know once it has a port */
  #unsaid = new Map();

  /**
   * @param {Window} panel
   * @param {string|null} origin  of the embedding page, as the loader gave it
   * @param {{onOpened: () => void, onClosed: () => void}} handlers
   */
  constructor(panel, origin, handlers) {
    this.#host = panel.parent;
    this.#origin = origin && /^https?:\/\/[^/]+$/.test(origin) ? origin : null;
    this.#handlers = handlers;
    panel.addEventListener('message', (event) => this.#greet(event));
  }

  /** @param {PanelSignal} type @param {number} [count] */
  tell(type, count = 0) {
    if (this.#port) this.#port.postMessage({ app: APP, type, count });
    else this.#unsaid.set(type, count);
  }

  /** @param {MessageEvent} event */
  #greet(event) {
    if (event.source !== this.#host || event.origin !== this.#origin) return;
    if (event.data?.app !== APP || event.data.type !== 'hello') return;
    const [port] = event.ports;
    if (!port) return;
    this.#port?.close();
    this.#port = port;
    port.onmessage = ({ data }) => this.#receive(data);
    for (const [type, count] of this.#unsaid) this.tell(type, count);
    this.#unsaid.clear();
  }

  /** @param {any} data */
  #receive(data) {
    if (data?.app !== APP) return;
    if (data.type === 'opened') this.#handlers.onOpened();
    if (data.type === 'closed') this.#handlers.onClosed();
  }
}
