/** Wires the conversation, the view and the embedding page together. */

import { ChatClient } from './chat_client.js';
import { HostBridge } from './host_bridge.js';
import { TEXTS } from './messages.js';
import { openReport } from './report_window.js';
import { ChatView } from './view.js';

/** A page out of sight this long gives its stream back. */
const BACKGROUND_AFTER_MS = 60_000;
const HOURS_EVERY_MS = 300_000;
const SITE = /^[a-z0-9_-]{1,40}$/;

/** @param {URLSearchParams} query */
function start(query) {
  const root = /** @type {HTMLElement} */ (document.getElementById('app'));
  const embedded = query.get('embed') === '1';
  const site = query.get('site') ?? '';
  document.documentElement.classList.toggle('embedded', embedded);

  const unread = new Unread(!embedded, (count) => bridge.tell('unread', count));
  const bridge = new HostBridge(window, embedded ? query.get('host') : null, {
    onOpened() {
      unread.setOpen(true);
      view.focusStart();
    },
    onClosed: () => unread.setOpen(false),
  });
  const view = new ChatView(root, { embedded, actions: viewActions() });
  const known = SITE.test(site) ? site : null;
  const client = new ChatClient({ site: known, events: clientEvents() });

  followViewport();
  followAttention(client);
  followHours(view, known);
  client.start();
  bridge.tell('ready');

  /** @returns {ViewActions} */
  function viewActions() {
    return {
      onSend: (content) => client.send(content),
      onTyping: () => client.typing(),
      onResend: (id) => client.resend(id),
      onDiscard: (id) => client.discard(id),
      onErase: () => client.erase().catch(() => view.showAlert(TEXTS.eraseFailed)),
      onReport: () => report(view, client),
      onStartNew: () => client.start(),
      onClose: () => bridge.tell('close'),
    };
  }

  /** @returns {ClientEvents} */
  function clientEvents() {
    return {
      onMessages(messages, kind) {
        view.showMessages(messages, kind);
        if (kind === 'new') unread.count(messages);
      },
      onOutgoing: (id, text, afterSeq) => view.showOutgoing(id, text, afterSeq),
      onOutgoingState: (id, state, problem, content) =>
        view.showOutgoingState(id, state, problem, content),
      onSent: (id, message) => view.showSent(id, message),
      onHolder: (holder) => view.showHolder(holder),
      onConnection: (state) => view.showConnection(state),
      onWaiting: (waiting) => view.showWaiting(waiting),
      onTyping: (typing) => view.showTyping(typing, client.holder.name),
      onNotice: (notice) => (notice === 'ready' ? view.showReady() : view.showNotice(notice)),
      onStartProblem: (problem) => view.showStartProblem(problem),
    };
  }
}

/**
 * Tells when people are there, as the server says it; says nothing where it cannot be asked.
 *
 * @param {ChatView} view @param {string|null} site
 */
function followHours(view, site) {
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch(`/api/chat/hours${site ? `?site=${site}` : ''}`).catch(() => null);
    view.showHours(answer?.ok ? (await answer.json()).text : '');
  };
  setInterval(look, HOURS_EVERY_MS);
  look();
}

/** Counts what arrived while the panel was closed. */
class Unread {
  #open;
  #tell;
  #number = 0;

  /** @param {boolean} open @param {(count: number) => void} tell */
  constructor(open, tell) {
    this.#open = open;
    this.#tell = tell;
  }

  /** @param {boolean} open */
  setOpen(open) {
    this.#open = open;
    this.#set(0);
  }

  /** @param {Message[]} messages */
  count(messages) {
    if (this.#open) return;
    this.#set(this.#number + messages.filter((message) => message.author !== 'user').length);
  }

  /** @param {number} number */
  #set(number) {
    if (number === this.#number) return;
    this.#number = number;
    this.#tell(number);
  }
}

/** @param {ChatView} view @param {ChatClient} client */
async function report(view, client) {
  try {
    const opened = await openReport(() => client.fetchReport());
    if (!opened) view.showAlert(TEXTS.reportBlocked);
  } catch {
    view.showAlert(TEXTS.reportFailed);
  }
}

/** Keeps the composer above the on-screen keyboard where the page is not resized for it (iOS). */
function followViewport() {
  const viewport = globalThis.visualViewport;
  if (!viewport) return;
  const set = () => {
    // Zoomed in by the reader: the page must not shrink to the zoomed part.
    const height = viewport.scale > 1.01 ? '' : `${viewport.height}px`;
    const { style } = document.documentElement;
    style.setProperty('--viewport-height', height || '100dvh');
    style.setProperty('--viewport-top', height && `${viewport.offsetTop}px`);
  };
  viewport.addEventListener('resize', set);
  viewport.addEventListener('scroll', set);
  set();
}

/** @param {ChatClient} client */
function followAttention(client) {
  /** @type {any} */
  let timer = null;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => client.setActive(false), BACKGROUND_AFTER_MS);
    else client.setActive(true);
  });
  globalThis.addEventListener('online', () => client.wake());
  globalThis.addEventListener('beforeunload', (event) => {
    if (client.isHoldingWords) event.preventDefault(); // The browser asks whether to leave.
  });
  globalThis.addEventListener('pageshow', (event) => event.persisted && client.wake());
}

start(new URLSearchParams(globalThis.location.search));
