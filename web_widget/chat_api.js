/**
 * HTTP calls of the public chat API, one method a route, every failure a `ChatProblem`.
 *
 * ChatProblem.kind
 *   offline      no answer came: no network, or the connection broke      } may be repeated
 *   timeout      no answer in time                                        } with the same
 *   busy         429                                                      } client_message_id
 *   unavailable  5xx                                                      }
 *   expired      401 or 404: the conversation is gone, or the token is no longer valid
 *   conflict     409
 *   too_long     413
 *   refused      any other 4xx
 */

const REQUEST_TIMEOUT_MS = 20_000;
const TRANSIENT = new Set(['offline', 'timeout', 'busy', 'unavailable']);

export class ChatProblem extends Error {
  /**
   * @param {string} kind
   * @param {{status?: number, retryAfterMs?: number, cause?: unknown}} [details]
   */
  constructor(kind, { status = 0, retryAfterMs = 0, cause } = {}) {
    super(`chat api: ${kind} (status ${status})`, { cause });
    this.kind = kind;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** True when the same request may succeed later. */
  get isTransient() {
    return TRANSIENT.has(this.kind);
  }
}

/** @type {Timers} */
export const BROWSER_TIMERS = {
  now: () => Date.now(),
  set: (callback, delayMs) => setTimeout(callback, delayMs),
  clear: (handle) => clearTimeout(handle),
};

export class ChatApi {
  #base;
  #fetch;
  #timers;

  /** @param {{base?: string, fetch?: typeof globalThis.fetch, timers?: Timers}} [options] */
  constructor({ base = '/api/chat/conversations', fetch, timers = BROWSER_TIMERS } = {}) {
    this.#base = base;
    this.#fetch = fetch ?? globalThis.fetch.bind(globalThis);
    this.#timers = timers;
  }

  /** @param {string|null} site */
  createConversation(site) {
    return this.#json('POST', this.#base, { body: { channel: 'web', site } });
  }

  /**
   * @param {Session} session
   * @param {object} body  with `client_message_id`; a repeated id gets the same answer
   * @returns {Promise<{status: number, message: any, messages: any[]}>}
   */
  async sendMessage(session, body) {
    return this.#json('POST', this.#path(session, '/messages'), { body, session });
  }

  /** @param {Session} session @param {number} after */
  listMessages(session, after) {
    return this.#json('GET', this.#path(session, `/messages?after=${after}`), { session });
  }

  /** @param {Session} session */
  async sendTyping(session) {
    const path = this.#path(session, '/typing');
    await this.#withTimeout((signal) => this.#request('PUT', path, { session, signal }));
  }

  /**
   * Opens the event stream; the caller reads `response.body`.
   *
   * @param {Session} session
   * @param {number} lastSeq
   * @param {AbortSignal} signal
   */
  async openEvents(session, lastSeq, signal) {
    /** @type {Record<string, string>} */
    const headers = { Accept: 'text/event-stream' };
    if (lastSeq > 0) headers['Last-Event-ID'] = String(lastSeq);
    const response = await this.#request('GET', this.#path(session, '/events'), {
      session,
      headers,
      signal,
    });
    const type = response.headers.get('content-type') ?? '';
    if (!type.startsWith('text/event-stream') || !response.body) {
      throw new ChatProblem('unavailable', { status: response.status });
    }
    return response;
  }

  /** @param {Session} session */
  async fetchReport(session) {
    return this.#withTimeout(async (signal) => {
      const headers = { Accept: 'text/html' };
      const path = this.#path(session, '/report');
      const response = await this.#request('GET', path, { session, headers, signal });
      return response.text();
    });
  }

  /** @param {Session} session */
  async eraseConversation(session) {
    await this.#withTimeout((signal) =>
      this.#request('DELETE', this.#path(session, ''), { session, signal }),
    );
  }

  /** @param {Session} session @param {string} rest */
  #path(session, rest) {
    return `${this.#base}/${encodeURIComponent(session.id)}${rest}`;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{body?: object, session?: Session}} options
   */
  #json(method, path, { body, session }) {
    return this.#withTimeout(async (signal) => {
      const headers = { Accept: 'application/json' };
      const response = await this.#request(method, path, { session, body, headers, signal });
      return { ...(await response.json()), status: response.status };
    });
  }

  /**
   * @template T
   * @param {(signal: AbortSignal) => Promise<T>} action
   * @returns {Promise<T>}
   */
  async #withTimeout(action) {
    const controller = new AbortController();
    let timedOut = false;
    const timer = this.#timers.set(() => {
      timedOut = true;
      controller.abort();
    }, REQUEST_TIMEOUT_MS);
    try {
      return await action(controller.signal);
    } catch (error) {
      if (timedOut) throw new ChatProblem('timeout', { cause: error });
      if (error instanceof ChatProblem) throw error;
      // The connection broke, or what came was not JSON (a proxy's own page).
      throw new ChatProblem('offline', { cause: error });
    } finally {
      this.#timers.clear(timer);
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{session?: Session, body?: object, headers?: Record<string, string>,
   *   signal: AbortSignal}} options
   */
  async #request(method, path, { session, body, headers = {}, signal }) {
    /** @type {RequestInit} */
    const init = {
      method,
      signal,
      headers: { ...headers },
      cache: 'no-store',
      credentials: 'omit',
    };
    const sent = /** @type {Record<string, string>} */ (init.headers);
    if (session) sent.Authorization = `Bearer ${session.token}`;
    if (body) {
      sent['Content-Type'] = 'application/json';
      init.body = JSON.stringify(body);
    }
    let response;
    try {
      response = await this.#fetch(path, init);
    } catch (error) {
      throw new ChatProblem('offline', { cause: error });
    }
    if (!response.ok) throw problemOf(response, this.#timers.now());
    return response;
  }
}

/** @param {Response} response @param {number} nowMs */
function problemOf(response, nowMs) {
  const { status } = response;
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), nowMs);
  /** @type {Record<number, string>} */
  const kinds = { 401: 'expired', 404: 'expired', 409: 'conflict', 413: 'too_long', 429: 'busy' };
  const kind = kinds[status] ?? (status >= 500 ? 'unavailable' : 'refused');
  return new ChatProblem(kind, { status, retryAfterMs });
}

/**
 * @param {string|null} value  seconds or an HTTP date
 * @param {number} nowMs
 * @returns {number} milliseconds to wait; 0 when nothing usable was sent
 */
export function parseRetryAfter(value, nowMs) {
  if (!value) return 0;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? 0 : Math.max(0, date - nowMs);
}
