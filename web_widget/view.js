/**
 * The chat on the page. Shows what it is told and reports what the owner does; never fetches.
 *
 * Screen readers: the list itself is not a live region (some of them read a whole log again at each
 * change). A hidden log beside it receives each new message of others once, as text.
 */

import { Composer } from './composer.js';
import { element, icon } from './element.js';
import { announcement, MessageList } from './message_list.js';
import { problemText, staffName, startProblemText, TEXTS } from './messages.js';

/** An answer usually comes sooner; a sign that only flashes disturbs. */
const TYPING_DELAY_MS = 400;
const ANNOUNCED_KEPT = 10;
const NEAR_BOTTOM_PX = 120;
const EDGE_PX = 16;
const FOCUS_ATTEMPTS = 120; // one for each frame drawn
const CLOSE_ICON = 'M6 6l12 12M18 6L6 18';
const TALK_TO_HUMAN = '/talk_to_human';

export class ChatView {
  #actions;
  #list;
  #composer;
  #parts;
  /** @type {any} */
  #typingTimer = null;
  /** What stands for a person who is typing. */
  #typingText = '';
  /** @type {Map<string, string>} */
  #written = new Map();
  #atEnd = true;

  /** @param {HTMLElement} root @param {{embedded: boolean, actions: ViewActions}} options */
  constructor(root, { embedded, actions }) {
    this.#actions = actions;
    this.#list = new MessageList({
      onChoose: ({ payload, title }) => actions.onSend({ payload, title }),
      onResend: actions.onResend,
      onRewrite: (id) => this.#rewrite(id),
    });
    this.#composer = new Composer({
      onSend: (text) => actions.onSend({ text }),
      onTyping: actions.onTyping,
      onTalkToHuman: () => actions.onSend({ payload: TALK_TO_HUMAN, title: TEXTS.talkToHuman }),
      onErase: () => this.#parts.dialog.showModal(),
    });
    this.#parts = makeParts();
    this.#lay(root, embedded);
    this.#listen(embedded);
    this.setStatus(TEXTS.starting);
  }

  /** @param {Message[]} messages @param {'history'|'new'} kind */
  showMessages(messages, kind) {
    const follow = this.#isNearBottom();
    const nodes = this.#list.add(messages);
    if (messages.some((message) => message.card?.kind === 'diagnosis')) {
      this.#parts.report.hidden = false;
    }
    const question = messages.filter((message) => message.author !== 'user').at(-1)?.question;
    if (question !== undefined) this.#composer.expect(question?.key ?? null);
    const others = messages.filter((message) => message.author !== 'user');
    if (kind === 'new') others.forEach((message) => this.#announce(announcement(message)));
    if (kind === 'history') this.#scrollTo(nodes.at(-1));
    else if (follow) this.#scrollTo(nodes[0]);
    else if (others.length > 0) this.#parts.jump.hidden = false;
  }

  /** @param {string} id @param {string} text @param {number} afterSeq */
  showOutgoing(id, text, afterSeq) {
    this.#written.set(id, text);
    if (this.#parts.notice.dataset.notice === 'restarted') this.#parts.notice.textContent = '';
    this.#scrollTo(this.#list.addOutgoing(id, text, afterSeq));
  }

  /**
   * @param {string} id
   * @param {Delivery} state
   * @param {Problem|null} problem
   * @param {Outgoing} content
   */
  showOutgoingState(id, state, problem, content) {
    const sentence = problem ? problemText(problem, { final: state === 'failed' }) : null;
    this.#list.setOutgoingState(id, state, sentence, problem?.isTransient ?? false);
    if (state !== 'failed') return;
    this.#parts.alert.textContent = `${TEXTS.failed}。${sentence}`;
    // The conversation ends with this problem: its list will be cleared, the words must not be.
    if (problem?.kind === 'expired' && 'text' in content) this.#restore(content.text);
  }

  /** @param {string} id @param {Message} message */
  showSent(id, message) {
    this.#written.delete(id);
    this.#parts.alert.textContent = '';
    this.#list.confirm(id, message);
  }

  /** @param {boolean} waiting */
  showWaiting(waiting) {
    clearTimeout(this.#typingTimer);
    const { typing } = this.#parts;
    if (!waiting) {
      typing.textContent = this.#typingText;
      return;
    }
    if (typing.textContent !== '') return;
    this.#typingTimer = setTimeout(() => {
      const follow = this.#isNearBottom();
      typing.textContent = TEXTS.waiting;
      if (follow) this.#scrollToEnd();
    }, TYPING_DELAY_MS);
  }

  /**
   * @param {boolean} typing  whether the person who holds the conversation types
   * @param {string|null|undefined} name
   */
  showTyping(typing, name) {
    const text = typing ? TEXTS.staffTyping(staffName(name)) : '';
    if (text === this.#typingText) return;
    const follow = this.#isNearBottom();
    this.#typingText = text;
    this.showWaiting(false);
    if (follow) this.#scrollToEnd();
  }

  /** @param {Holder} holder */
  showHolder(holder) {
    const staff = holder.holder === 'staff';
    const text = staff ? TEXTS.withStaff(staffName(holder.name)) : TEXTS.organisation;
    this.#parts.holder.textContent = text;
    this.#parts.holder.dataset.holder = holder.holder;
  }

  /** @param {string} text  when people are there */
  showHours(text) {
    this.#composer.hours.textContent = text;
  }

  /** @param {Connection} state */
  showConnection(state) {
    document.documentElement.dataset.connection = state;
    this.setStatus(state === 'lost' ? TEXTS.connectionLost : '');
  }

  /** @param {Problem} problem */
  showStartProblem(problem) {
    this.setStatus('');
    this.#parts.alert.textContent = startProblemText(problem);
  }

  /** The conversation is open; what was said about opening it no longer holds. */
  showReady() {
    this.setStatus('');
    this.#parts.alert.textContent = '';
  }

  /** @param {'restarted'|'memory_only'|'erased'} notice */
  showNotice(notice) {
    if (notice !== 'memory_only') this.#list.clear();
    if (notice === 'erased') {
      this.#parts.report.hidden = true;
      this.#composer.value = '';
    }
    const texts = {
      restarted: TEXTS.restarted,
      memory_only: TEXTS.memoryOnly,
      erased: TEXTS.erased,
    };
    this.#parts.notice.textContent = texts[notice];
    this.#parts.notice.dataset.notice = notice;
    this.#setEnded(notice === 'erased');
  }

  /** @param {string} text */
  showAlert(text) {
    this.#parts.alert.textContent = text;
  }

  /** @param {string} text */
  setStatus(text) {
    if (this.#parts.status.textContent !== text) this.#parts.status.textContent = text;
  }

  /** Focus for an owner who has just opened the chat. */
  focusStart(attempts = FOCUS_ATTEMPTS) {
    // On a phone the field would call up the keyboard, over the greeting.
    const touch = globalThis.matchMedia('(pointer: coarse)').matches;
    if (touch) this.#parts.heading.focus();
    else this.#composer.focus();
    // A frame that was only just shown is not laid out yet, and nothing in it takes the focus.
    if (document.activeElement !== document.body || attempts <= 1) return;
    requestAnimationFrame(() => this.focusStart(attempts - 1));
  }

  /** @param {string} id */
  #rewrite(id) {
    this.#restore(this.#written.get(id) ?? '');
    this.#written.delete(id);
    this.#list.removeOutgoing(id);
    this.#actions.onDiscard(id);
    this.#parts.alert.textContent = '';
    this.#composer.focus();
  }

  /** @param {string} text */
  #restore(text) {
    const typed = this.#composer.value;
    this.#composer.value = typed ? `${text}\n${typed}` : text;
  }

  /** @param {boolean} ended */
  #setEnded(ended) {
    this.#composer.node.hidden = ended;
    this.#parts.startNew.hidden = !ended;
    if (ended) this.#parts.startNew.focus();
  }

  /** @param {string} text */
  #announce(text) {
    const { announcer } = this.#parts;
    announcer.append(element('p', {}, text));
    while (announcer.childElementCount > ANNOUNCED_KEPT) announcer.firstElementChild?.remove();
  }

  #isNearBottom() {
    const { scroll } = this.#parts;
    return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_BOTTOM_PX;
  }

  /** @param {HTMLElement|undefined} node  its top stays in sight, also when what follows is long */
  #scrollTo(node) {
    if (!node) return;
    const { scroll } = this.#parts;
    const top = node.offsetTop - EDGE_PX;
    scroll.scrollTop = Math.min(top, scroll.scrollHeight - scroll.clientHeight);
  }

  #scrollToEnd() {
    this.#parts.scroll.scrollTop = this.#parts.scroll.scrollHeight;
  }

  /** @param {HTMLElement} root @param {boolean} embedded */
  #lay(root, embedded) {
    const { scroll, holder, heading, report, close, alert, status, notice } = this.#parts;
    const { announcer, typing, jump, startNew, dialog } = this.#parts;
    close.hidden = !embedded;
    scroll.append(this.#list.node, typing);
    root.replaceChildren(
      element('header', { class: 'header' }, element('div', {}, heading, holder), report, close),
      element('div', { class: 'bars' }, alert, status, notice),
      element('div', { class: 'body' }, scroll, jump),
      this.#composer.node,
      startNew,
      announcer,
      dialog,
    );
    root.dataset.ready = 'true';
  }

  /** @param {boolean} embedded */
  #listen(embedded) {
    const { scroll, jump, report, close, startNew, dialog, eraseConfirm, eraseCancel } =
      this.#parts;
    jump.addEventListener('click', () => {
      this.#scrollToEnd();
      scroll.focus();
    });
    scroll.addEventListener('scroll', () => {
      this.#atEnd = this.#isNearBottom();
      if (this.#atEnd) jump.hidden = true;
    });
    // The last words stay in sight when the keyboard comes up or the field grows.
    new ResizeObserver(() => this.#atEnd && this.#scrollToEnd()).observe(scroll);
    report.addEventListener('click', () => {
      this.#parts.alert.textContent = '';
      this.#actions.onReport();
    });
    close.addEventListener('click', () => this.#actions.onClose());
    startNew.addEventListener('click', () => {
      this.#parts.notice.textContent = '';
      this.#setEnded(false);
      this.focusStart();
      this.#actions.onStartNew();
    });
    eraseCancel.addEventListener('click', () => dialog.close());
    eraseConfirm.addEventListener('click', () => {
      dialog.close();
      this.#parts.alert.textContent = '';
      this.#actions.onErase();
    });
    if (!embedded) return;
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing || dialog.open) return;
      this.#actions.onClose();
    });
  }
}

function makeParts() {
  const button = (
    /** @type {string} */ id,
    /** @type {string} */ kind,
    /** @type {any[]} */ ...label
  ) => element('button', { type: 'button', id, class: `button ${kind}` }, ...label);
  const eraseConfirm = button('erase-confirm', 'button-danger', TEXTS.eraseConfirm);
  const eraseCancel = button('erase-cancel', 'button-outline', TEXTS.cancel);
  const closeLabel = element('span', { class: 'visually-hidden' }, TEXTS.close);
  const hide = (/** @type {HTMLElement} */ node) => Object.assign(node, { hidden: true });
  return {
    heading: element('h1', { tabindex: -1 }, TEXTS.title),
    holder: element('p', { id: 'chat-holder', class: 'holder' }, TEXTS.organisation),
    report: hide(button('report', 'button-outline', TEXTS.report)),
    close: button('chat-close', 'button-text button-icon', icon(CLOSE_ICON), closeLabel),
    alert: element('p', { id: 'chat-alert', class: 'bar bar-alert', role: 'alert' }),
    status: element('p', { id: 'chat-status', class: 'bar', role: 'status' }),
    notice: element('p', { id: 'chat-notice', class: 'bar bar-notice', role: 'status' }),
    scroll: element(
      'section',
      { id: 'chat-scroll', class: 'scroll', tabindex: 0, 'aria-labelledby': 'chat-log-title' },
      element('h2', { id: 'chat-log-title', class: 'visually-hidden' }, TEXTS.conversation),
    ),
    typing: element('p', { id: 'chat-typing', class: 'typing', role: 'status' }),
    jump: hide(button('chat-jump', 'button-primary jump', TEXTS.newMessages)),
    startNew: hide(button('chat-start-new', 'button-primary start-new', TEXTS.startNew)),
    announcer: element('div', {
      id: 'chat-announcer',
      class: 'visually-hidden',
      role: 'log',
      'aria-live': 'polite',
      'aria-relevant': 'additions',
    }),
    eraseConfirm,
    eraseCancel,
    dialog: element(
      'dialog',
      { id: 'erase-dialog', class: 'dialog', 'aria-labelledby': 'erase-title' },
      element('h2', { id: 'erase-title' }, TEXTS.eraseTitle),
      element('p', {}, TEXTS.eraseBody),
      element('div', { class: 'dialog-actions' }, eraseCancel, eraseConfirm),
    ),
  };
}
