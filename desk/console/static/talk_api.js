/**
 * Calls of the staff API of one conversation. Failures are the widget's `ChatProblem`s; the two
 * methods that `MessageReceiver` uses have the same form as those of the widget's `ChatApi`.
 */

import { ChatProblem, parseRetryAfter } from '/static/widget/chat_api.js';

const TIMEOUT_MS = 20_000;
const KINDS = { 401: 'expired', 404: 'expired', 409: 'conflict', 413: 'too_long', 429: 'busy' };

export class TalkApi {
  #base;
  #csrf;

  /** @param {string} conversationId @param {string} csrf */
  constructor(conversationId, csrf) {
    this.#base = `/api/conversations/${encodeURIComponent(conversationId)}`;
    this.#csrf = csrf;
  }

  /** @param {unknown} _session @param {number} after */
  listMessages(_session, after) {
    return this.#json('GET', `/messages?after=${after}`);
  }

  /** @param {unknown} _session @param {number} lastSeq @param {AbortSignal} signal */
  async openEvents(_session, lastSeq, signal) {
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': String(lastSeq) };
    const response = await this.#request('GET', '/events', { headers, signal });
    const type = response.headers.get('content-type') ?? '';
    if (!type.startsWith('text/event-stream') || !response.body) {
      throw new ChatProblem('unavailable', { status: response.status });
    }
    return response;
  }

  /** @param {'take'|'steal'|'return'|'release'|'replies'} action @param {object} body */
  post(action, body) {
    return this.#json('POST', `/${action}`, body);
  }

  /** @param {string} text */
  async keepDraft(text) {
    await this.#send('PUT', '/draft', { text });
  }

  /** @param {boolean} isTyping */
  async showPresence(isTyping) {
    await this.#send('PUT', '/presence', { is_typing: isTyping });
  }

  /** The page is being left: both calls outlive it. @param {string|null} draft  null: unchanged */
  leave(draft) {
    if (draft !== null) this.#last('PUT', '/draft', { text: draft });
    this.#last('DELETE', '/presence');
  }

  /** @param {string} method @param {string} path @param {object} [body] */
  #last(method, path, body) {
    this.#request(method, path, { body, keepalive: true }).catch(() => {});
  }

  /** @param {string} method @param {string} path @param {object} [body] */
  async #json(method, path, body) {
    const response = await this.#send(method, path, body);
    try {
      return await response.json();
    } catch (error) {
      throw new ChatProblem('offline', { cause: error });
    }
  }

  /** @param {string} method @param {string} path @param {object} [body] */
  #send(method, path, body) {
    return this.#request(method, path, { body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{body?: object, headers?: Record<string, string>, signal?: AbortSignal,
   *   keepalive?: boolean}} options
   */
  async #request(method, path, { body, headers = {}, signal, keepalive = false }) {
    /** @type {RequestInit} */
    const init = { method, signal, keepalive, cache: 'no-store', credentials: 'same-origin' };
    init.headers = { ...headers };
    if (method !== 'GET') init.headers['X-CSRF-Token'] = this.#csrf;
    if (body) {
      init.headers['Content-Type'] = 'application/json';
      init.body = JSON.stringify(body);
    }
    let response;
    try {
      response = await fetch(this.#base + path, init);
    } catch (error) {
      const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
      throw new ChatProblem(timedOut ? 'timeout' : 'offline', { cause: error });
    }
    if (response.ok) return response;
    const known = (await isClaimed(response)) ? 'claimed' : KINDS[response.status];
    const kind = known ?? (response.status >= 500 ? 'unavailable' : 'refused');
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now());
    throw new ChatProblem(kind, { status: response.status, retryAfterMs });
  }
}

/** Whether a colleague has claimed the case meanwhile. @param {Response} response */
async function isClaimed(response) {
  if (response.status !== 409) return false;
  try {
    return (await response.json()).code === 'case_already_claimed';
  } catch {
    return false;
  }
}
