/**
 * Parser of the text/event-stream format, fed with text of any chunking.
 *
 * The browser's own EventSource cannot send an Authorization header, so the stream is read with
 * fetch and parsed here.
 */

/** @typedef {{event: string, data: string, id: string}} SseEvent */

export class SseParser {
  #buffer = '';
  #atStart = true;
  #endedWithCr = false;
  #event = '';
  /** @type {string[]} */
  #data = [];
  #lastId = '';

  /** @type {number|null} Reconnection delay that the server asked for. */
  retryMs = null;

  /**
   * Takes the next piece of text.
   *
   * @param {string} chunk
   * @returns {SseEvent[]} the events that this piece completed, in order
   */
  push(chunk) {
    /** @type {SseEvent[]} */
    const events = [];
    for (const line of this.#lines(chunk)) {
      if (line === '') {
        this.#dispatch(events);
      } else {
        this.#field(line);
      }
    }
    return events;
  }

  /** @param {string} chunk */
  #lines(chunk) {
    let text = chunk;
    if (text === '') return [];
    if (this.#atStart) {
      this.#atStart = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    // A CR at the end of one chunk and an LF at the start of the next are one line end.
    if (this.#endedWithCr && text.startsWith('\n')) text = text.slice(1);
    this.#endedWithCr = chunk.endsWith('\r');
    const lines = (this.#buffer + text).split(/\r\n|\r|\n/);
    this.#buffer = lines.pop() ?? '';
    return lines;
  }

  /** @param {string} line */
  #field(line) {
    const colon = line.indexOf(':');
    if (colon === 0) return; // A comment: the server's ping.
    const name = colon < 0 ? line : line.slice(0, colon);
    const rest = colon < 0 ? '' : line.slice(colon + 1);
    const value = rest.startsWith(' ') ? rest.slice(1) : rest;
    if (name === 'event') this.#event = value;
    else if (name === 'data') this.#data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.#lastId = value;
    else if (name === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }

  /** @param {SseEvent[]} events */
  #dispatch(events) {
    if (this.#data.length > 0) {
      const data = this.#data.join('\n');
      events.push({ event: this.#event || 'message', data, id: this.#lastId });
    }
    this.#event = '';
    this.#data = [];
  }
}
