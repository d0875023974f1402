/**
 * Receives what others write into a conversation: by event stream, or by polling where a proxy
 * holds streams back.
 *
 * The cursor is the last message that the stream or a poll gave. Answers that came with a POST do
 * not move it: a message of someone else between them and the cursor would be lost.
 */

import { ChatProblem } from './chat_api.js';
import { Pause } from './pause.js';
import { SseParser } from './sse_parser.js';

/** Without a `hello` in this time the stream is taken to be held back somewhere. */
export const HELLO_TIMEOUT_MS = 4_000;
export const POLL_INTERVAL_MS = 3_000;
/** Polling goes on this long before the stream is tried again; doubles up to the maximum. */
const STREAM_RETRY_MS = 60_000;
const STREAM_RETRY_MAX_MS = 600_000;
/** The server pings every 15 seconds; silence of this length means a dead connection. */
const SILENCE_LIMIT_MS = 45_000;
const MISSED_PING_MS = 20_000;
const BACKGROUND_POLL_MS = 30_000;
const RECONNECT_MS = 1_000;
const BACKOFF_MAX_MS = 30_000;
/** What else stream and polls tell: who types (to owners), the state of the talk (to staff). */
const SIGNS = ['typing', 'talk'];

export class MessageReceiver {
  #api;
  #timers;
  #random;
  #events;
  /** @type {Session|null} */
  #session = null;
  /** A stop or restart makes a new run; what an old run still awaits is ignored. */
  #run = 0;
  /** @type {AbortController|null} */
  #streaming = null;
  #pause;
  #heardAt = 0;
  #failures = 0;
  #streamBlockedUntil = 0;
  #streamRetryMs = STREAM_RETRY_MS;
  #active = true;

  cursor = 0;

  /**
   * @param {object} options
   * @param {import('./chat_api.js').ChatApi} options.api
   * @param {Timers} options.timers
   * @param {() => number} options.random
   * @param {ReceiverEvents} options.events
   */
  constructor({ api, timers, random, events }) {
    this.#api = api;
    this.#timers = timers;
    this.#random = random;
    this.#events = events;
    this.#pause = new Pause(timers);
  }

  /**
   * @param {Session} session
   * @param {number} cursor  seq of the last message already received
   */
  start(session, cursor) {
    this.stop();
    this.#session = session;
    this.cursor = cursor;
    this.#failures = 0;
    this.#streamBlockedUntil = 0;
    this.#streamRetryMs = STREAM_RETRY_MS;
    this.#loop(session, this.#run);
  }

  stop() {
    this.#run += 1;
    this.#session = null;
    this.#interrupt();
  }

  /** Tries again now: the network or the page is back. A stream that missed a ping is renewed. */
  wake() {
    this.#failures = 0;
    if (this.#timers.now() - this.#heardAt > MISSED_PING_MS) this.#streaming?.abort();
    this.#pause.end();
  }

  /**
   * A page in the background gives its connection back (browsers allow six for each origin over
   * HTTP/1.1) and only polls now and then.
   *
   * @param {boolean} active
   */
  setActive(active) {
    if (this.#active === active) return;
    this.#active = active;
    if (this.#session) this.#interrupt();
  }

  #interrupt() {
    this.#streaming?.abort();
    this.#pause.end();
  }

  /** @param {Session} session @param {number} run */
  async #loop(session, run) {
    while (run === this.#run) {
      let pauseMs;
      try {
        pauseMs = await this.#receive(session, run);
        this.#failures = 0;
      } catch (error) {
        if (run !== this.#run) return;
        if (error instanceof ChatProblem && error.kind === 'expired') {
          this.stop();
          this.#events.onExpired();
          return;
        }
        pauseMs = this.#backOff(error);
      }
      if (run === this.#run) await this.#pause.wait(pauseMs);
    }
  }

  /**
   * One round: a stream until it ends, or one poll.
   *
   * @param {Session} session
   * @param {number} run
   * @returns {Promise<number>} milliseconds until the next round
   */
  async #receive(session, run) {
    if (!this.#active) {
      await this.#poll(session, run);
      return BACKGROUND_POLL_MS;
    }
    if (this.#timers.now() < this.#streamBlockedUntil) {
      await this.#poll(session, run);
      return POLL_INTERVAL_MS;
    }
    return this.#readStream(session, run);
  }

  /** @param {Session} session @param {number} run */
  async #poll(session, run) {
    const answer = await this.#api.listMessages(session, this.cursor);
    if (run !== this.#run) return;
    this.#events.onConnection('polling');
    if (answer.holder) this.#events.onHolder(holderOf(answer.holder));
    for (const name of SIGNS) if (answer[name]) this.#events.onSign?.(name, answer[name]);
    this.#take(answer.messages ?? []);
  }

  /** @param {Session} session @param {number} run @returns {Promise<number>} */
  async #readStream(session, run) {
    const controller = new AbortController();
    this.#streaming = controller;
    this.#heardAt = this.#timers.now();
    const watch = this.#watchSilence(controller);
    try {
      const response = await this.#api.openEvents(session, this.cursor, controller.signal);
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      controller.signal.addEventListener('abort', () => reader.cancel().catch(() => {}));
      const parser = await this.#consume(reader, watch, run);
      // The server closes streams now and then; the random part keeps clients from returning at once.
      if (watch.heard) return (parser.retryMs ?? RECONNECT_MS) * (0.5 + this.#random());
    } catch (error) {
      if (!controller.signal.aborted) {
        if (!watch.heard) this.#avoidStream(error);
        throw error;
      }
    } finally {
      watch.stop();
      if (this.#streaming === controller) this.#streaming = null;
    }
    if (run !== this.#run || !this.#active) return 0;
    if (watch.heard) return RECONNECT_MS; // Was live, then fell silent.
    this.#avoidStream(null);
    return 0;
  }

  /** @param {unknown} error  null when the stream opened but stayed silent */
  #avoidStream(error) {
    // Without network polling would fail as well; the stream itself is not to blame.
    if (error instanceof ChatProblem && error.kind === 'offline') return;
    this.#streamBlockedUntil = this.#timers.now() + this.#streamRetryMs;
    this.#streamRetryMs = Math.min(this.#streamRetryMs * 2, STREAM_RETRY_MAX_MS);
  }

  /**
   * @param {ReadableStreamDefaultReader<Uint8Array>} reader
   * @param {{heard: boolean, reset: () => void}} watch
   * @param {number} run
   */
  async #consume(reader, watch, run) {
    const decoder = new TextDecoder();
    const parser = new SseParser();
    for (;;) {
      const { done, value } = await readOn(reader);
      if (done || run !== this.#run) return parser;
      this.#heardAt = this.#timers.now();
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        if (event.event === 'hello') this.#greet(watch);
        else this.#handle(event);
        if (run !== this.#run) return parser;
      }
      if (watch.heard) watch.reset();
    }
  }

  /** @param {{heard: boolean}} watch */
  #greet(watch) {
    watch.heard = true;
    this.#failures = 0;
    this.#streamRetryMs = STREAM_RETRY_MS;
    this.#events.onConnection('live');
  }

  /** @param {import('./sse_parser.js').SseEvent} event */
  #handle(event) {
    const data = parseJson(event.data);
    if (data === null) return;
    if (event.event === 'holder') this.#events.onHolder(holderOf(data));
    if (SIGNS.includes(event.event)) this.#events.onSign?.(event.event, data);
    if (event.event === 'message' && Number.isInteger(data.seq)) this.#take([data]);
  }

  /** @param {Message[]} messages */
  #take(messages) {
    if (messages.length === 0) return;
    this.cursor = messages.reduce((seq, message) => Math.max(seq, message.seq), this.cursor);
    this.#events.onMessages(messages);
  }

  /** @param {AbortController} controller */
  #watchSilence(controller) {
    const timers = this.#timers;
    const abort = () => controller.abort();
    let timer = timers.set(abort, HELLO_TIMEOUT_MS);
    return {
      heard: false,
      stop: () => timers.clear(timer),
      reset() {
        timers.clear(timer);
        timer = timers.set(abort, SILENCE_LIMIT_MS);
      },
    };
  }

  /** @param {unknown} error */
  #backOff(error) {
    // A fault of a listener must not end the reception of everything that follows.
    if (!(error instanceof ChatProblem)) globalThis.reportError?.(error);
    this.#failures += 1;
    // One lost connection is everyday; the reader is told when it does not come back.
    if (this.#failures >= 2) this.#events.onConnection('lost');
    const asked = error instanceof ChatProblem ? error.retryAfterMs : 0;
    const grown = Math.min(RECONNECT_MS * 2 ** (this.#failures - 1), BACKOFF_MAX_MS);
    return Math.max(asked, grown * (0.5 + this.#random()));
  }
}

/**
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 * @throws {ChatProblem} when the connection breaks
 */
async function readOn(reader) {
  try {
    return await reader.read();
  } catch (error) {
    throw new ChatProblem('offline', { cause: error });
  }
}

/**
 * @param {any} value  `{holder, name}` or the bare word
 * @returns {Holder}
 */
function holderOf(value) {
  const holder = typeof value === 'string' ? value : value.holder;
  return { holder: holder === 'staff' ? 'staff' : 'bot', name: value.name ?? null };
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
