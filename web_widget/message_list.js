/**
 * The conversation as a list, in order of seq; what is still on its way stands where it was written.
 */

import { cardSummary, renderCard } from './cards.js';
import { element, linkedText } from './element.js';
import { authorName, correctionOf, TEXTS, timeText } from './messages.js';

export class MessageList {
  #actions;
  #now;
  /** @type {ListItem[]} */
  #items = [];
  /** @type {Map<string, ListItem>} */
  #outgoing = new Map();
  /** @type {Set<number>} */
  #seqs = new Set();

  node = element('ol', { id: 'chat-messages', class: 'messages' });

  /** @param {ListActions} actions @param {() => Date} [now] */
  constructor(actions, now = () => new Date()) {
    this.#actions = actions;
    this.#now = now;
  }

  /** @param {Message[]} messages @returns {HTMLElement[]} the new entries */
  add(messages) {
    const fresh = messages.filter((message) => !this.#seqs.has(message.seq));
    const items = fresh.map((message) => this.#messageItem(message));
    items.forEach((item) => this.#insert(item));
    this.#settle();
    return items.map((item) => item.node);
  }

  /**
   * @param {string} id  client_message_id
   * @param {string} text
   * @param {number} afterSeq
   * @returns {HTMLElement}
   */
  addOutgoing(id, text, afterSeq) {
    const node = this.#frame('user', TEXTS_YOU, this.#now().toISOString(), text);
    const delivery = element('div', { class: 'delivery' });
    node.append(delivery);
    const waiting = [...this.#outgoing.values()].filter((item) => item.order > afterSeq).length;
    const order = afterSeq + 0.5 + waiting / 1000;
    const item = { order, node, author: 'user', text, groups: [], failed: false };
    this.#outgoing.set(id, item);
    this.#insert(item);
    this.setOutgoingState(id, 'sending', null, false);
    return node;
  }

  /**
   * @param {string} id
   * @param {Delivery} state
   * @param {string|null} problem  a sentence about what is wrong
   * @param {boolean} canResend
   */
  setOutgoingState(id, state, problem, canResend) {
    const item = this.#outgoing.get(id);
    if (!item) return;
    item.failed = state === 'failed';
    item.node.dataset.state = state;
    const word = state === 'failed' ? TEXTS.failed : TEXTS.sending;
    const delivery = /** @type {HTMLElement} */ (item.node.querySelector('.delivery'));
    delivery.replaceChildren(element('span', { class: 'delivery-state' }, word));
    if (problem) delivery.append(element('span', { class: 'delivery-problem' }, problem));
    if (item.failed) {
      if (canResend) delivery.append(actionButton(TEXTS.resend, () => this.#actions.onResend(id)));
      delivery.append(actionButton(TEXTS.rewrite, () => this.#actions.onRewrite(id)));
    }
    this.#settle();
  }

  /**
   * The server has the message: it takes its place among the others.
   *
   * @param {string} id
   * @param {Message} message
   */
  confirm(id, message) {
    const item = this.#outgoing.get(id);
    if (!item) return;
    this.#outgoing.delete(id);
    this.#items = this.#items.filter((each) => each !== item);
    if (this.#seqs.has(message.seq)) {
      item.node.remove();
      return;
    }
    this.#seqs.add(message.seq);
    item.order = message.seq;
    item.failed = false;
    item.text = message.text;
    item.node.dataset.seq = String(message.seq);
    item.node.dataset.state = 'sent';
    // The server masks what must not be kept, such as card numbers: show what it has.
    const bubble = /** @type {HTMLElement} */ (item.node.querySelector('.bubble'));
    bubble.textContent = message.text;
    const delivery = /** @type {HTMLElement} */ (item.node.querySelector('.delivery'));
    delivery.replaceChildren(element('span', { class: 'delivery-state' }, TEXTS.sent));
    this.#insert(item);
    this.#settle();
  }

  /** @param {string} id  of a failed message that is written anew */
  removeOutgoing(id) {
    const item = this.#outgoing.get(id);
    if (!item) return;
    this.#outgoing.delete(id);
    this.#items = this.#items.filter((each) => each !== item);
    item.node.remove();
    this.#settle();
  }

  clear() {
    this.#items = [];
    this.#outgoing.clear();
    this.#seqs.clear();
    this.node.replaceChildren();
  }

  /** @param {Message} message */
  #messageItem(message) {
    this.#seqs.add(message.seq);
    const node = this.#frame(message.author, authorName(message), message.created_at, message.text);
    node.dataset.seq = String(message.seq);
    const onAsk = (/** @type {string} */ payload, /** @type {string} */ title) =>
      this.#actions.onChoose({ payload, title });
    const context = { messageText: message.text ?? '', onAsk };
    const card = message.card ? renderCard(message.card, context) : null;
    if (card) node.append(card);
    const groups = this.#groups(message);
    const { question } = message;
    node.append(...groups.map((group) => group.node));
    return {
      order: message.seq,
      node,
      author: message.author,
      text: message.text ?? '',
      asks: groups.length > 0 || Boolean(question),
      question,
      isReceipt: message.card?.kind === 'receipt',
      groups,
      failed: false,
    };
  }

  /** @param {Message} message */
  #groups(message) {
    const { onChoose } = this.#actions;
    const groups = [];
    const asked = message.question?.choices ?? [];
    if (asked.length > 0) {
      const { key, left } = /** @type {Question} */ (message.question);
      groups.push(new ChoiceGroup({ choices: asked, kind: 'question', key, left, onChoose }));
    }
    // The server may offer a question's choices as quick replies as well, for clients without forms.
    const payloads = new Set(asked.map((choice) => choice.payload));
    const quick = (message.quick_replies ?? []).filter((choice) => !payloads.has(choice.payload));
    if (quick.length > 0) groups.push(new ChoiceGroup({ choices: quick, kind: 'quick', onChoose }));
    return groups;
  }

  /** @param {string} author @param {string} name @param {string} createdAt @param {string} text */
  #frame(author, name, createdAt, text) {
    const node = element(
      'li',
      { class: 'message', 'data-author': author },
      element(
        'p',
        { class: 'meta' },
        element('span', { class: 'author' }, name),
        ' ',
        element('time', { datetime: createdAt }, timeText(createdAt, this.#now())),
      ),
    );
    const content = author === 'user' ? [text] : linkedText(text ?? '');
    if (text) node.append(element('div', { class: 'bubble' }, ...content));
    return node;
  }

  /** @param {ListItem} item */
  #insert(item) {
    let index = this.#items.length;
    while (index > 0 && this.#items[index - 1].order > item.order) index -= 1;
    const next = this.#items[index]?.node ?? null;
    this.#items.splice(index, 0, item);
    // Moving a node takes the focus from the button in it; most nodes are in place already.
    const inPlace = item.node.parentNode === this.node && item.node.nextSibling === next;
    if (!inPlace) this.node.insertBefore(item.node, next);
    for (const each of this.#items.slice(index, index + 2)) this.#markContinued(each);
  }

  /** @param {ListItem} item */
  #markContinued(item) {
    const previous = this.#items[this.#items.indexOf(item) - 1];
    const name = (/** @type {ListItem|undefined} */ each) =>
      each?.node.querySelector('.author')?.textContent;
    item.node.classList.toggle('continued', name(previous) === name(item));
  }

  /** Which buttons can still be pressed follows from the list itself, also after a reload. */
  #settle() {
    const asking = this.#items.filter((item) => item.asks);
    for (const item of asking) {
      if (item.groups.length === 0) continue;
      const next = asking[asking.indexOf(item) + 1];
      const chosen = this.#answerTo(item, next);
      const open = chosen === null && next === undefined;
      item.groups.forEach((group) => group.setState(open, chosen));
    }
    this.#offerCorrections(asking);
  }

  /**
   * The owner's answer to the last asking of each question can be put right, until it is sent.
   *
   * @param {ListItem[]} asking
   */
  #offerCorrections(asking) {
    const sent = this.#items.findLast((item) => item.isReceipt)?.order ?? 0;
    /** @type {Map<string, ListItem>} */
    const last = new Map();
    for (const item of asking) if (item.question) last.set(item.question.id, item);
    /** @type {Map<ListItem, string>} */
    const offers = new Map();
    for (const item of last.values()) {
      const payload = item.question?.correction;
      const next = asking[asking.indexOf(item) + 1];
      const answer = this.#items.find((each) => each.author === 'user' && each.order > item.order);
      if (!payload || !answer?.node.dataset.seq || answer.order < sent) continue;
      const isOwn = answer.text.startsWith(TEXTS.correct);
      if ((!next || answer.order < next.order) && !isOwn) offers.set(answer, payload);
    }
    for (const item of this.#items) this.#offerCorrection(item, offers.get(item));
  }

  /** @param {ListItem} item @param {string|undefined} payload */
  #offerCorrection(item, payload) {
    const shown = item.node.querySelector('.correct');
    if (!payload) shown?.remove();
    if (!payload || shown) return;
    const title = correctionOf(item.text);
    const button = actionButton(TEXTS.correct, () => this.#actions.onChoose({ payload, title }));
    button.className = 'button button-text correct';
    button.append(element('span', { class: 'visually-hidden' }, `：${item.text}`));
    item.node.append(button);
  }

  /**
   * @param {ListItem} item
   * @param {ListItem|undefined} next
   * @returns {string|null} the owner's words, when they are one of the item's choices
   */
  #answerTo(item, next) {
    const answer = this.#items.find(
      (each) =>
        each.author === 'user' &&
        !each.failed &&
        each.order > item.order &&
        (!next || each.order < next.order) &&
        item.groups.some((group) => group.offers(each.text)),
    );
    return answer?.text ?? null;
  }
}

/**
 * @param {Message} message
 * @returns {string} what a screen reader is told when the message arrives
 */
export function announcement(message) {
  const choices = [...(message.question?.choices ?? []), ...(message.quick_replies ?? [])];
  const titles = [...new Set(choices.map((choice) => choice.title))];
  const parts = [
    `${authorName(message)}：${message.text ?? ''}`,
    message.card ? cardSummary(message.card) : '',
    titles.length > 0 ? `${TEXTS.choices}：${titles.join('、')}` : '',
    message.question?.left ? TEXTS.left(message.question.left) : '',
  ];
  return parts.filter(Boolean).join('\n');
}

const TEXTS_YOU = authorName(/** @type {Message} */ ({ author: 'user' }));

/** @param {string} label @param {() => void} onClick */
function actionButton(label, onClick) {
  const button = element('button', { type: 'button', class: 'button button-small' }, label);
  button.addEventListener('click', onClick);
  return button;
}

/** Buttons of one message: the choices of a question, or quick replies. */
class ChoiceGroup {
  #buttons;

  /**
   * @param {object} options
   * @param {Choice[]} options.choices
   * @param {'question'|'quick'} options.kind
   * @param {string} [options.key]  of the question
   * @param {number} [options.left]  questions to come, this one counted
   * @param {(choice: Choice) => void} options.onChoose
   */
  constructor({ choices, kind, key, left, onChoose }) {
    this.#buttons = choices.map((choice) => ({ choice, node: choiceButton(choice) }));
    for (const { choice, node } of this.#buttons) {
      node.addEventListener('click', () => {
        if (node.getAttribute('aria-disabled') !== 'true') onChoose(choice);
      });
      // A button that is disabled while it has the focus would throw the focus to the page's top.
      node.addEventListener('blur', () => {
        node.disabled = node.getAttribute('aria-disabled') === 'true';
      });
    }
    this.node = element(
      'div',
      {
        class: 'choices',
        role: 'group',
        'aria-label': TEXTS.choices,
        'data-kind': kind,
        'data-key': key,
      },
      ...this.#buttons.map(({ node }) => node),
      left && element('p', { class: 'left' }, TEXTS.left(left)),
    );
  }

  /** @param {string} text */
  offers(text) {
    return this.#buttons.some(({ choice }) => sameWords(choice.title, text));
  }

  /**
   * @param {boolean} open  whether the buttons can be pressed
   * @param {string|null} chosen  what the owner answered with
   */
  setState(open, chosen) {
    this.node.dataset.open = String(open);
    for (const { choice, node } of this.#buttons) {
      const isChosen = chosen !== null && sameWords(choice.title, chosen);
      node.classList.toggle('choice-chosen', isChosen);
      const mark = /** @type {HTMLElement} */ (node.lastElementChild);
      mark.textContent = isChosen ? TEXTS.chosen : '';
      if (open) {
        node.removeAttribute('aria-disabled');
        node.disabled = false;
      } else {
        node.setAttribute('aria-disabled', 'true');
        node.disabled = node !== document.activeElement;
      }
    }
  }
}

/** @param {Choice} choice */
function choiceButton(choice) {
  return element(
    'button',
    { type: 'button', class: 'choice', 'data-payload': choice.payload },
    element('span', {}, choice.title),
    element('span', { class: 'choice-mark' }),
  );
}

/** @param {string} first @param {string} second */
function sameWords(first, second) {
  return first.normalize('NFKC').trim() === second.normalize('NFKC').trim();
}
