/**
 * One conversation, without DOM: opens or resumes it, sends what the owner writes, gives out what
 * arrives. The view listens to the events and calls the methods; it never fetches.
 *
 * Each message is given once, whichever way it came (POST answer, stream, poll): the seq decides.
 */

import { BROWSER_TIMERS, ChatApi, ChatProblem } from './chat_api.js';
import { MessageReceiver } from './message_receiver.js';
import { newUuid } from './new_uuid.js';
import { Outbox, textOf } from './outbox.js';
import { Pause } from './pause.js';
import { SessionStore } from './session_store.js';

const START_RETRY_MS = 1_000;
const START_RETRY_MAX_MS = 30_000;
/** After 202 the answer comes by the stream; the sign that it is being made ends by itself. */
const LATE_ANSWER_MS = 60_000;
/** Messages that one answer of the server holds at most. */
const PAGE = 500;
/** The sign of typing is shown for six seconds. */
const TYPING_EVERY_MS = 3_000;

export class ChatClient {
  #site;
  #api;
  #store;
  #timers;
  #newId;
  #events;
  #random;
  #receiver;
  #outbox;
  #pause;
  /** @type {Session|null} */
  #session = null;
  /** The conversation that has ended; what is saved of it is of no use. */
  #endedId = '';
  /** @type {Set<number>} */
  #seen = new Set();
  #lastSeq = 0;
  /** A new start or a stop makes what an older start still awaits void. */
  #generation = 0;
  /** @type {any} */
  #waitingTimer = null;
  #typedAt = Number.NEGATIVE_INFINITY;

  /** @type {Holder} */
  holder = { holder: 'bot', name: null };

  /**
   * @param {object} options
   * @param {string|null} options.site
   * @param {ClientEvents} options.events
   * @param {ChatApi} [options.api]
   * @param {SessionStore} [options.store]
   * @param {Timers} [options.timers]
   * @param {() => string} [options.newId]
   * @param {() => number} [options.random]
   * @param {() => boolean} [options.isOnline]
   */
  constructor({
    site,
    events,
    api = new ChatApi(),
    store = new SessionStore(site),
    timers = BROWSER_TIMERS,
    newId = newUuid,
    random = Math.random,
    isOnline = () => globalThis.navigator?.onLine !== false,
  }) {
    this.#site = site;
    this.#events = events;
    this.#api = api;
    this.#store = store;
    this.#timers = timers;
    this.#newId = newId;
    this.#random = random;
    this.#pause = new Pause(timers);
    store.watch(() => this.#follow());
    this.#receiver = new MessageReceiver({ api, timers, random, events: this.#receiverEvents() });
    this.#outbox = new Outbox({
      api,
      timers,
      random,
      isOnline,
      events: this.#outboxEvents(),
    });
  }

  /** Resumes the conversation of this device, or opens a new one. Repeats until it is answered. */
  async start() {
    const generation = ++this.#generation;
    if (!this.#store.persistent) this.#events.onNotice('memory_only');
    for (let attempt = 0; generation === this.#generation; attempt += 1) {
      try {
        await this.#open(generation);
        return;
      } catch (error) {
        if (!(error instanceof ChatProblem)) throw error;
        if (generation !== this.#generation) return;
        this.#events.onStartProblem(error);
        if (!error.isTransient) return;
        const grown = Math.min(START_RETRY_MS * 2 ** attempt, START_RETRY_MAX_MS);
        await this.#pause.wait(Math.max(grown * (0.5 + this.#random()), error.retryAfterMs));
      }
    }
  }

  /**
   * Sends a text or a pressed button; messages leave one after another, in order.
   *
   * @param {Outgoing} content
   * @returns {string} the client_message_id
   */
  send(content) {
    const id = this.#newId();
    this.#events.onOutgoing(id, textOf(content), this.#lastSeq);
    this.#outbox.add(id, content);
    return id;
  }

  /** The owner is typing: a person who holds the conversation sees it; the bot needs not know. */
  typing() {
    const now = this.#timers.now();
    if (!this.#session || this.holder.holder !== 'staff') return;
    if (now - this.#typedAt < TYPING_EVERY_MS) return;
    this.#typedAt = now;
    this.#api.sendTyping(this.#session).catch(() => {}); // Only a sign: it is not missed.
  }

  /** @param {string} id  of a failed message; goes out again under the same id */
  resend(id) {
    this.#outbox.resend(id);
  }

  /** @param {string} id  of a failed message that the owner wants to write anew */
  discard(id) {
    this.#outbox.discard(id);
  }

  /**
   * Erases the conversation on the server and the token on this device.
   *
   * @throws {ChatProblem} when the server did not confirm; then nothing is forgotten here either
   */
  async erase() {
    if (this.#session) {
      try {
        await this.#api.eraseConversation(this.#session);
      } catch (error) {
        if (!(error instanceof ChatProblem) || error.kind !== 'expired') throw error;
      }
    }
    this.#store.clear();
    this.#forget();
    this.#events.onNotice('erased');
  }

  /** True while something the owner wrote has not arrived; a page that closes now would lose it. */
  get isHoldingWords() {
    return this.#outbox.isHoldingWords;
  }

  /**
   * @returns {Promise<string>} the diagnosis report, an HTML document
   * @throws {ChatProblem}
   */
  async fetchReport() {
    if (!this.#session) throw new ChatProblem('expired');
    return this.#api.fetchReport(this.#session);
  }

  /** The network or the page is back: everything that waits goes on now. */
  wake() {
    this.#pause.end();
    this.#outbox.wake();
    this.#receiver.wake();
  }

  /** @param {boolean} active  false while the page is in the background */
  setActive(active) {
    this.#receiver.setActive(active);
    if (active) this.wake();
  }

  stop() {
    this.#generation += 1;
    this.#pause.end();
    this.#receiver.stop();
    this.#outbox.close();
  }

  /** @returns {ReceiverEvents} */
  #receiverEvents() {
    return {
      onMessages: (messages) => this.#receive(messages),
      onHolder: (holder) => this.#setHolder(holder),
      onSign: (name, data) => name === 'typing' && this.#events.onTyping(data.is_typing === true),
      onConnection: (state) => this.#events.onConnection(state),
      onExpired: () => this.#startAnew(),
    };
  }

  /** @returns {OutboxEvents} */
  #outboxEvents() {
    return {
      onAttempt: () => this.#setWaiting(this.holder.holder === 'bot'),
      onState: (entry, state, problem) => {
        if (state !== 'sending') this.#setWaiting(false);
        this.#events.onOutgoingState(entry.id, state, problem, entry.content);
      },
      onAcknowledged: (entry, message) => {
        this.#mark(message);
        this.#events.onSent(entry.id, message);
      },
      onAnswer: (status, messages) => {
        const later = status === 202 && this.holder.holder === 'bot' && messages.length === 0;
        this.#setWaiting(later);
        this.#deliver(messages, 'new');
      },
      onReleased: (messages) => this.#deliver(messages, 'new'),
      onExpired: () => this.#startAnew(),
    };
  }

  /** @param {number} generation */
  async #open(generation) {
    while (generation === this.#generation) {
      const saved = this.#saved();
      if (!saved) {
        if (await this.#store.alone(() => this.#create(generation))) return;
        continue; // Another tab was faster: its conversation is ours as well.
      }
      const history = await this.#resume(saved);
      if (generation !== this.#generation) return;
      if (history) {
        this.#begin(saved, history, 'history');
        return;
      }
      this.#endedId = saved.id;
      this.#events.onNotice('restarted');
    }
  }

  /** @returns {Session|null} */
  #saved() {
    const saved = this.#store.load();
    return saved?.id === this.#endedId ? null : saved;
  }

  /** @param {number} generation @returns {Promise<boolean>} false when there is one already */
  async #create(generation) {
    if (this.#saved()) return false;
    const answer = await this.#api.createConversation(this.#site);
    if (generation !== this.#generation) return true;
    const session = { id: answer.conversation_id, token: answer.token };
    const wasPersistent = this.#store.persistent;
    this.#store.save(session);
    if (wasPersistent && !this.#store.persistent) this.#events.onNotice('memory_only');
    this.#begin(session, answer, 'new');
    return true;
  }

  /** Another tab has erased the conversation, or has had to begin a new one. */
  #follow() {
    const saved = this.#saved();
    if (!this.#session || saved?.id === this.#session.id) return;
    if (saved) {
      this.#startAnew();
    } else {
      this.#forget();
      this.#events.onNotice('erased');
    }
  }

  /** @param {Session} saved @returns {Promise<any>} null when the conversation is gone */
  async #resume(saved) {
    try {
      const answer = await this.#api.listMessages(saved, 0);
      let page = answer.messages ?? [];
      while (page.length >= PAGE) {
        page = (await this.#api.listMessages(saved, page.at(-1).seq)).messages;
        answer.messages.push(...page);
      }
      return answer;
    } catch (error) {
      if (error instanceof ChatProblem && error.kind === 'expired') return null;
      throw error;
    }
  }

  /** @param {Session} session @param {any} answer @param {'history'|'new'} kind */
  #begin(session, answer, kind) {
    this.#session = session;
    if (answer.holder) this.#setHolder({ name: null, ...toHolder(answer.holder) });
    this.#deliver(answer.messages ?? [], kind);
    this.#events.onNotice('ready');
    this.#receiver.start(session, this.#lastSeq);
    this.#outbox.open(session);
  }

  #startAnew() {
    // What is still unsent belongs to the lost conversation: the owner decides about it.
    this.#outbox.failAll(new ChatProblem('expired'));
    this.#endedId = this.#session?.id ?? '';
    this.#forget();
    this.#events.onNotice('restarted');
    this.start();
  }

  #forget() {
    this.stop();
    this.#session = null;
    this.#seen.clear();
    this.#lastSeq = 0;
    this.#setWaiting(false);
    this.#setHolder({ holder: 'bot', name: null });
  }

  /** @param {Message[]} messages  from the stream or a poll */
  #receive(messages) {
    const ready = messages.filter((message) => !this.#outbox.absorb(message));
    if (ready.some((message) => message.author !== 'user')) this.#setWaiting(false);
    this.#deliver(ready, 'new');
  }

  /** @param {Message[]} messages @param {'history'|'new'} kind */
  #deliver(messages, kind) {
    const fresh = messages
      .filter((message) => this.#mark(message))
      .sort((first, second) => first.seq - second.seq);
    if (fresh.length > 0) this.#events.onMessages(fresh, kind);
  }

  /** @param {Message} message @returns {boolean} false when it was given out before */
  #mark(message) {
    if (this.#seen.has(message.seq)) return false;
    this.#seen.add(message.seq);
    this.#lastSeq = Math.max(this.#lastSeq, message.seq);
    return true;
  }

  /** @param {Holder} holder */
  #setHolder(holder) {
    const same = this.holder.holder === holder.holder && this.holder.name === holder.name;
    if (same) return;
    this.holder = holder;
    if (holder.holder === 'staff') this.#setWaiting(false);
    else this.#events.onTyping(false);
    this.#events.onHolder(holder);
  }

  /** @param {boolean} waiting */
  #setWaiting(waiting) {
    this.#timers.clear(this.#waitingTimer);
    this.#events.onWaiting(waiting);
    if (waiting) {
      this.#waitingTimer = this.#timers.set(() => this.#setWaiting(false), LATE_ANSWER_MS);
    }
  }
}

/** @param {any} value */
function toHolder(value) {
  return typeof value === 'string' ? { holder: value } : value;
}
