/**
 * Messages on their way out: one after another, in order, each repeated under the same
 * client_message_id until it is answered or there is no hope.
 *
 * The stream may bring a message before its POST is answered: the id tells that it has arrived. Own
 * messages without an id are held back while a POST is open, since only its answer tells.
 */

import { ChatProblem } from './chat_api.js';
import { Pause } from './pause.js';

const MAX_ATTEMPTS = 4;
const RETRY_MS = 1_000;
/** A longer Retry-After is told to the owner instead of waited for. */
const RETRY_AFTER_LIMIT_MS = 30_000;
/** Without network the browser says when it is back; this is for browsers that do not. */
const OFFLINE_RETRY_MS = 30_000;

export class Outbox {
  #api;
  #isOnline;
  #random;
  #events;
  #pause;
  /** @type {Session|null} */
  #session = null;
  /** @type {OutboxEntry[]} */
  #entries = [];
  /** @type {Message[]} */
  #held = [];
  #sending = false;

  /**
   * @param {object} options
   * @param {import('./chat_api.js').ChatApi} options.api
   * @param {Timers} options.timers
   * @param {() => number} options.random
   * @param {() => boolean} options.isOnline
   * @param {OutboxEvents} options.events
   */
  constructor({ api, timers, random, isOnline, events }) {
    this.#api = api;
    this.#random = random;
    this.#isOnline = isOnline;
    this.#events = events;
    this.#pause = new Pause(timers);
  }

  /** @param {Session} session  what was queued before goes out now */
  open(session) {
    this.#session = session;
    this.#pump();
  }

  /** Forgets everything; an attempt still open is ignored when it ends. */
  close() {
    this.#session = null;
    this.#entries = [];
    this.#held = [];
    this.#sending = false;
    this.#pause.end();
  }

  /** @param {string} id @param {Outgoing} content */
  add(id, content) {
    this.#entries.push({ id, content, state: 'queued', attempts: 0 });
    this.#pump();
  }

  /** @param {string} id */
  resend(id) {
    const entry = this.#entries.find((each) => each.id === id && each.state === 'failed');
    if (!entry) return;
    entry.state = 'queued';
    entry.attempts = 0;
    this.#events.onState(entry, 'sending', null);
    this.#pump();
  }

  /** @param {string} id */
  discard(id) {
    this.#entries = this.#entries.filter((each) => each.id !== id || each.state !== 'failed');
  }

  /** @param {ChatProblem} problem  why nothing that is still queued will be sent */
  failAll(problem) {
    for (const entry of this.#entries) {
      if (entry.state === 'queued') this.#fail(entry, problem);
    }
  }

  /** True while something of the owner's is not yet known to be stored. */
  get isHoldingWords() {
    return this.#entries.length > 0;
  }

  wake() {
    this.#pause.end();
  }

  /**
   * Looks at a message that came by the stream or a poll.
   *
   * @param {Message} message
   * @returns {boolean} true when it is taken care of here
   */
  absorb(message) {
    const entry = this.#entries.find((each) => each.id === message.client_message_id);
    if (entry) {
      this.#acknowledge(entry, message);
      return true;
    }
    if (message.author !== 'user' || message.client_message_id || !this.#sending) return false;
    this.#held.push(message);
    return true;
  }

  async #pump() {
    const session = this.#session;
    if (this.#sending || !session) return;
    this.#sending = true;
    while (session === this.#session) {
      const entry = this.#entries.find((each) => each.state === 'queued');
      if (!entry) {
        this.#sending = false;
        this.#release();
        return;
      }
      await this.#attempt(entry, session);
    }
  }

  /** @param {OutboxEntry} entry @param {Session} session */
  async #attempt(entry, session) {
    entry.attempts += 1;
    this.#events.onAttempt();
    let answer;
    try {
      const body = { client_message_id: entry.id, ...entry.content };
      answer = await this.#api.sendMessage(session, body);
    } catch (error) {
      if (!(error instanceof ChatProblem)) throw error;
      if (session === this.#session) await this.#recover(entry, error);
      return;
    }
    if (session !== this.#session) return;
    this.#acknowledge(entry, answer.message);
    this.#release();
    this.#events.onAnswer(answer.status, answer.messages ?? []);
  }

  /** @param {OutboxEntry} entry @param {ChatProblem} problem */
  async #recover(entry, problem) {
    if (!this.#entries.includes(entry)) return; // The stream has shown that it did arrive.
    if (problem.kind === 'expired') {
      this.#events.onExpired();
      return;
    }
    const offline = problem.kind === 'offline' && !this.#isOnline();
    if (offline) entry.attempts = 0;
    const hopeless = !problem.isTransient || problem.retryAfterMs > RETRY_AFTER_LIMIT_MS;
    if (hopeless || entry.attempts >= MAX_ATTEMPTS) {
      this.#giveUp(entry, problem);
      return;
    }
    this.#events.onState(entry, 'waiting', problem);
    const grown = offline ? OFFLINE_RETRY_MS : RETRY_MS * 2 ** (entry.attempts - 1);
    // The random part keeps pages that lost the server together from returning together.
    await this.#pause.wait(Math.max(grown * (0.5 + this.#random()), problem.retryAfterMs));
    if (this.#entries.includes(entry)) this.#events.onState(entry, 'sending', null);
  }

  /** @param {OutboxEntry} entry @param {ChatProblem} problem */
  #giveUp(entry, problem) {
    const arrived = this.#held.find((message) => message.text === textOf(entry.content));
    if (arrived) this.#acknowledge(entry, arrived);
    else this.#fail(entry, problem);
  }

  /** @param {OutboxEntry} entry @param {ChatProblem} problem */
  #fail(entry, problem) {
    entry.state = 'failed';
    this.#events.onState(entry, 'failed', problem);
  }

  /** @param {OutboxEntry} entry @param {Message} message */
  #acknowledge(entry, message) {
    if (!this.#entries.includes(entry)) return;
    this.#entries = this.#entries.filter((each) => each !== entry);
    this.#events.onAcknowledged(entry, message);
  }

  #release() {
    const held = this.#held;
    this.#held = [];
    if (held.length > 0) this.#events.onReleased(held);
  }
}

/** @param {Outgoing} content @returns {string} what the owner sees of it */
export function textOf(content) {
  return 'text' in content ? content.text : content.title;
}
