/** What staff see of a conversation. Text only as text; no fetch here. */

import { characterCount, isSendKey } from '/static/widget/composer.js';
import { element, linkedText } from '/static/widget/element.js';
import { WORDS } from '/static/console/talk_words.js';

const NEAR_END_PX = 120;
const ANNOUNCED_KEPT = 10;

/** @param {string} id @returns {any} the part of the page, or null where the role has none */
const part = (id) => document.getElementById(id);

export class TalkView {
  #root = part('talk');
  #list = part('talk-messages');
  #input = part('reply');
  #send = part('reply-send');
  /** @type {Set<number>} */
  #seqs = new Set();
  #unread = 0;
  /** The files that are shown, as JSON. */
  #files = '[]';
  #title = document.title;
  #compositionEndedAt = Number.NEGATIVE_INFINITY;
  #isSending = false;
  /** @type {any} */
  talk = null;
  /** Number of the last message that is shown. */
  lastSeq = 0;

  /**
   * @param {{onReply(): void, onInput(): void, onTake(): void, onSteal(): void,
   *   onReturn(summary: string): void, onRelease(reason: string): void, onResume(): void}} actions
   */
  constructor(actions) {
    this.#listen(actions);
  }

  get text() {
    return this.#input?.value ?? '';
  }

  set text(text) {
    this.#input.value = text;
    this.#count();
  }

  /** @param {any[]} messages @param {{isNew: boolean}} options */
  add(messages, { isNew }) {
    const scroll = part('talk-scroll');
    const follow = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END_PX;
    const fresh = messages.filter((message) => !this.#seqs.has(message.seq));
    for (const message of fresh) this.#insert(message);
    if (isNew) fresh.filter(({ author }) => author === 'user').forEach((m) => this.#announce(m));
    if (follow || !isNew) scroll.scrollTop = scroll.scrollHeight;
  }

  /** @param {any} talk  the state of the conversation; an older one than shown is ignored */
  showTalk(talk) {
    if (this.talk && talk.version < this.talk.version) return;
    const wasMine = this.talk?.is_mine ?? false;
    this.talk = talk;
    setText('talk-holder', holderWords(talk));
    part('talk-holder').dataset.holder = talk.is_mine ? 'me' : talk.holder;
    setText('talk-responsible', responsibleWords(talk));
    const waiting = part('talk-waiting');
    waiting.hidden = talk.open_count === 0;
    if (talk.open_count > 0) {
      setText('talk-waiting', WORDS.waiting(talk.open_count, WORDS.time(talk.waiting_since)));
    }
    const names = talk.present.map((/** @type {any} */ person) => person.name);
    setText('talk-present', names.join('、') || WORDS.nobody);
    this.#showFiles(talk.files);
    setText('talk-typing', talk.owner_is_typing ? WORDS.ownerTypes : '');
    show('take-part', talk.can_take);
    show('return-part', talk.is_mine);
    show('steal-part', talk.can_steal);
    show('release-part', talk.can_release);
    if (!talk.is_mine) part('return-dialog')?.close();
    if (!talk.can_release) part('release-dialog')?.close();
    this.#enable();
    if (talk.is_mine && !wasMine) this.#input?.focus();
  }

  /** @param {boolean} isSending */
  showSending(isSending) {
    this.#isSending = isSending;
    if (isSending) this.showState(WORDS.sending);
    this.#enable();
    if (!isSending) this.#input.focus();
  }

  /** @param {string} text  about draft and reply, beside the button */
  showState(text) {
    setText('reply-state', text);
  }

  /** @param {string} text  empty when all is well */
  showAlert(text) {
    part('talk-alert').hidden = text === '';
    setText('talk-alert', text);
  }

  /** @param {'live'|'polling'|'lost'} state */
  showConnection(state) {
    this.#root.dataset.connection = state;
    setText('talk-connection', WORDS[state]);
  }

  /** @param {boolean} isPaused  nothing is fetched, since nobody seems to be there */
  showPaused(isPaused) {
    part('talk-resume-line').hidden = !isPaused;
  }

  closeDialogs() {
    for (const id of ['return-dialog', 'release-dialog']) part(id)?.close();
    for (const id of ['summary', 'reason']) if (part(id)) part(id).value = '';
  }

  /** The page is looked at again. */
  read() {
    this.#unread = 0;
    document.title = this.#title;
  }

  /** @param {any} message */
  #insert(message) {
    this.#seqs.add(message.seq);
    this.lastSeq = Math.max(this.lastSeq, message.seq);
    const after = [...this.#list.children].find((node) => Number(node.dataset.seq) > message.seq);
    this.#list.insertBefore(messageNode(message), after ?? null);
  }

  /** @param {any[]} files */
  #showFiles(files) {
    const key = JSON.stringify(files);
    if (key === this.#files) return;
    this.#files = key;
    show('talk-files-part', files.length > 0);
    part('talk-files').replaceChildren(...files.map((file) => fileNode(file, this.#root.dataset.files)));
  }

  /** @param {any} message */
  #announce(message) {
    const announcer = part('talk-announcer');
    announcer.append(element('p', {}, `${WORDS.owner}：${message.text}`));
    while (announcer.childElementCount > ANNOUNCED_KEPT) announcer.firstElementChild?.remove();
    if (!document.hidden) return;
    this.#unread += 1;
    document.title = WORDS.unread(this.#unread, this.#title);
  }

  #enable() {
    if (!this.#input) return;
    const canReply = Boolean(this.talk?.is_mine) && !this.talk.is_over;
    // What was written before a colleague took over can still be read and copied.
    this.#input.disabled = !canReply && this.text === '';
    this.#input.readOnly = !canReply || this.#isSending;
    this.#send.disabled = !canReply || this.#isSending;
  }

  #count() {
    const over = characterCount(this.text.trim()) - Number(this.#input.dataset.max);
    this.#input.setAttribute('aria-invalid', String(over > 0));
    if (over > 0) this.showState(WORDS.tooLong(over));
  }

  /** @param {any} actions */
  #listen(actions) {
    part('talk-resume').addEventListener('click', actions.onResume);
    if (!this.#input) return;
    this.#input.addEventListener('compositionend', (/** @type {CompositionEvent} */ event) => {
      this.#compositionEndedAt = event.timeStamp;
    });
    this.#input.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      if (!isSendKey(event, this.#compositionEndedAt)) return;
      event.preventDefault();
      if (!this.#send.disabled) actions.onReply();
    });
    this.#input.addEventListener('input', () => {
      actions.onInput();
      this.#count();
    });
    submit('reply-form', actions.onReply);
    submit('return-form', () => filled('summary', actions.onReturn));
    submit('release-talk-form', () => filled('reason', actions.onRelease));
    part('take').addEventListener('click', actions.onTake);
    part('steal').addEventListener('click', actions.onSteal);
    part('return-open').addEventListener('click', () => part('return-dialog').showModal());
    part('release-open').addEventListener('click', () => part('release-dialog').showModal());
    for (const button of document.querySelectorAll('[data-close]')) {
      const { close } = /** @type {HTMLElement} */ (button).dataset;
      button.addEventListener('click', () => part(close ?? '').close());
    }
  }
}

/** @param {any} message */
function messageNode(message) {
  const names = { user: WORDS.owner, bot: WORDS.bot, system: WORDS.system };
  const name = names[/** @type {keyof typeof names} */ (message.author)] ?? message.author_name;
  const choices = [...(message.question?.choices ?? []), ...message.quick_replies];
  const card = message.card && part('card-names').querySelector(`[data-kind="${CSS.escape(message.card.kind)}"]`);
  const text = message.author === 'user' ? [message.text] : linkedText(message.text);
  return element(
    'li',
    { class: `message message-${message.author}`, 'data-seq': message.seq, 'data-author': message.author },
    element(
      'p',
      { class: 'by' },
      element('b', {}, name),
      '　',
      element('time', { datetime: message.created_at }, WORDS.time(message.created_at)),
      message.is_button && element('span', { class: 'small' }, `　${WORDS.button}`),
    ),
    message.text && element('p', { class: 'message-text' }, ...text),
    card && element('p', { class: 'small' }, WORDS.shown(card.textContent ?? '')),
    choices.length > 0 &&
      element('p', { class: 'small' }, WORDS.offered(choices.map((choice) => choice.title))),
  );
}

/** @param {any} file @param {string} address  what comes before its id */
function fileNode(file, address) {
  const word = (/** @type {string} */ key) =>
    part('file-words').querySelector(`[data-key="${CSS.escape(key)}"]`)?.textContent ?? '';
  const isThere = file.state === 'fetched';
  return element(
    'li',
    { 'data-file': file.id, 'data-state': file.state },
    element(
      'p',
      {},
      element('b', {}, file.name ?? word(file.kind)),
      file.size !== null && WORDS.size(file.size),
      isThere && '　',
      isThere && element('a', { href: `${address}${file.id}`, download: '' }, WORDS.save),
    ),
    !isThere && element('p', { class: 'small' }, word(file.reason ?? file.state)),
  );
}

/** @param {any} talk */
function holderWords(talk) {
  if (talk.is_over) return WORDS.over;
  if (talk.is_mine) return WORDS.heldByMe;
  return talk.holder === 'staff' ? WORDS.heldBy(talk.holder_name ?? '') : WORDS.heldByBot;
}

/** @param {any} talk */
function responsibleWords(talk) {
  if (talk.is_unclaimed) return WORDS.unclaimed;
  if (talk.is_responsible) return WORDS.myCase;
  return talk.responsible ? WORDS.caseOf(talk.responsible.name) : WORDS.noCase;
}

/** @param {string} id @param {string} text */
function setText(id, text) {
  const node = part(id);
  if (node && node.textContent !== text) node.textContent = text;
}

/** @param {string} id @param {boolean} isShown */
function show(id, isShown) {
  const node = part(id);
  if (node) node.hidden = !isShown;
}

/** @param {string} id @param {() => void} action */
function submit(id, action) {
  part(id).addEventListener('submit', (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    action();
  });
}

/** @param {string} id @param {(text: string) => void} action */
function filled(id, action) {
  const text = part(id).value.trim();
  if (text === '') part(id).focus();
  else action(text);
}
