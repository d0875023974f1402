/**
 * Cards of a message. Every field may be missing; what is missing is left out, never guessed.
 */

import { element, link } from './element.js';
import {
  askAboutProgram,
  CARD_TEXTS as T,
  CONFIDENCES,
  dateText,
  dayText,
  LEVELS,
  STATUSES,
  yenText,
} from './messages.js';
import { radar } from './radar.js';

/** @type {Record<string, (card: Card, context: CardContext) => HTMLElement>} */
const RENDERERS = {
  diagnosis: diagnosisCard,
  recommendations: recommendationsCard,
  program: programCard,
  amount: amountCard,
  receipt: receiptCard,
  referral: referralCard,
};

/**
 * @param {Card} card
 * @param {CardContext} context
 * @returns {HTMLElement|null} null for a kind that this version does not know
 */
export function renderCard(card, context) {
  return RENDERERS[card.kind]?.(card, context) ?? null;
}

/**
 * @param {Card} card
 * @returns {string} what a screen reader is told when the card arrives; the card itself has all
 */
export function cardSummary(card) {
  if (card.kind === 'diagnosis') {
    const weakest = weakestNames(card).join('、');
    return weakest ? `${T.diagnosis}。${T.weakest}：${weakest}` : T.diagnosis;
  }
  if (card.kind === 'recommendations') {
    const titles = list(card.items).map(
      (item, index) => `${T.rank(item.rank ?? index + 1)} ${item.title}`,
    );
    return [T.recommendations, ...titles].join('。');
  }
  if (card.kind === 'receipt') return `${T.receipt}。${T.caseNumber} ${card.case_number}`;
  if (card.kind === 'amount') {
    return Number.isInteger(card.yen) ? `${T.amount} ${yenText(card.yen)}` : '';
  }
  return '';
}

/** @param {Card} card */
function diagnosisCard(card) {
  const weakest = new Set(list(card.weakest));
  const entries = Object.entries(card.dimensions ?? {});
  const axes = entries.map(([id, profile]) => ({ level: levelOf(profile), weak: weakest.has(id) }));
  const rows = entries.map(([id, profile], index) =>
    dimensionRow(index + 1, profile.name ?? id, profile, weakest.has(id)),
  );
  const head = element(
    'thead',
    { class: 'visually-hidden' },
    element(
      'tr',
      {},
      element('th', { scope: 'col' }, T.dimension),
      element('th', { scope: 'col' }, T.level),
    ),
  );
  const names = weakestNames(card).join('、');
  return cardFrame(
    'diagnosis',
    T.diagnosis,
    names && element('p', { class: 'card-lead' }, element('b', {}, `${T.weakest}：`), names),
    element(
      'div',
      { class: 'diagnosis' },
      radar(axes, T.diagnosisChart),
      element('table', { class: 'dimensions' }, head, element('tbody', {}, ...rows)),
    ),
  );
}

/** @param {number} number @param {string} name @param {any} profile @param {boolean} weak */
function dimensionRow(number, name, profile, weak) {
  const level = levelOf(profile);
  const evidence = list(profile.evidence).slice(0, 2);
  return element(
    'tr',
    { 'data-level': level ?? 'unasked', 'data-weak': weak },
    element(
      'th',
      { scope: 'row' },
      element(
        'span',
        { class: 'dimension' },
        element('span', { class: 'dimension-number' }, number),
        element(
          'span',
          {},
          name,
          profile.level_text &&
            element('span', { class: 'anchor' }, T.anchor(profile.level_text)),
          ...evidence.map((quote) => element('span', { class: 'evidence' }, `「${quote}」`)),
        ),
      ),
    ),
    level === null
      ? element('td', { class: 'unasked' }, T.unasked)
      : element('td', {}, levelMeter(level), LEVELS[level], clues(profile.confidence)),
  );
}

/** @param {number} level */
function levelMeter(level) {
  const steps = LEVELS.map((_, step) =>
    element('span', { class: step <= level ? 'step step-on' : 'step' }),
  );
  return element('span', { class: 'meter', 'aria-hidden': 'true' }, ...steps);
}

/** @param {unknown} confidence  0–1 */
function clues(confidence) {
  if (typeof confidence !== 'number') return null;
  const word = CONFIDENCES[Math.min(CONFIDENCES.length - 1, Math.floor(confidence * 3))];
  return element('span', { class: 'clues' }, `${T.clues}：${word}`);
}

/** @param {any} profile */
function levelOf(profile) {
  const level = profile?.level;
  return Number.isInteger(level) && level >= 0 && level < LEVELS.length ? level : null;
}

/** @param {Card} card */
function weakestNames(card) {
  return list(card.weakest).map((id) => card.dimensions?.[id]?.name ?? id);
}

/** @param {Card} card @param {CardContext} context */
function recommendationsCard(card, context) {
  const items = list(card.items);
  const titles = new Map(items.map((item) => [item.program_id, item.title]));
  return cardFrame(
    'recommendations',
    T.recommendations,
    card.on && element('p', { class: 'card-note' }, T.asOf(dateText(card.on))),
    element(
      'ol',
      { class: 'programs' },
      ...items.map((item, index) => recommendation(item, item.rank ?? index + 1, titles, context)),
    ),
  );
}

/**
 * @param {any} item
 * @param {number} rank
 * @param {Map<string, string>} titles
 * @param {CardContext} context
 */
function recommendation(item, rank, titles, context) {
  const more = element(
    'button',
    { type: 'button', class: 'button button-outline', 'data-program': item.program_id },
    T.more,
    element('span', { class: 'visually-hidden' }, `（${item.title}）`),
  );
  more.addEventListener('click', () => {
    const target = JSON.stringify({ program: item.program_id, aspect: 'overview' });
    context.onAsk(`/ask_program${target}`, askAboutProgram(item.title));
  });
  const unknown = list(item.unknown_texts ?? item.unknown).map(factText).filter(Boolean).join('、');
  const successors = list(item.successors)
    .map((entry) => titleOf(entry, titles))
    .filter(Boolean);
  return element(
    'li',
    { class: 'program', 'data-program': item.program_id, 'data-status': item.status },
    element(
      'div',
      { class: 'program-head' },
      element('h4', {}, element('span', { class: 'rank' }, `${rank}. `), item.title),
      statusTag(item.status),
    ),
    item.reason && element('p', {}, element('b', {}, `${T.reason}：`), item.reason),
    facts([
      [T.amount, Number.isInteger(item.amount_yen) && yenText(item.amount_yen)],
      [T.working, Number.isInteger(item.amount_yen) && item.amount_working],
      [T.statusNote, item.status !== 'open' && item.status_note],
      [T.unknown, unknown],
      [T.successors, item.status === 'ended' && successors.join('、')],
      [T.firstStep, item.first_step],
      [T.contact, item.contact && contactNode(item.contact)],
    ]),
    folded(T.cautions, list(item.cautions)),
    sourceLine(item.source),
    more,
  );
}

/**
 * A list that the reader opens; without entries there is nothing to open.
 *
 * @param {string} title
 * @param {string[]} lines
 */
function folded(title, lines) {
  if (lines.length === 0) return null;
  return element(
    'details',
    { class: 'folded' },
    element('summary', {}, title),
    element('ul', {}, ...lines.map((line) => element('li', {}, line))),
  );
}

/** @param {Card} card @param {CardContext} context */
function programCard(card, context) {
  return cardFrame(
    'program',
    card.title ?? T.program,
    statusTag(card.status),
    distinct(card.text, context) && element('p', { class: 'card-text' }, card.text),
    facts([[T.firstStep, card.first_step]]),
    sourceLine(card.source, card.as_of),
  );
}

/** @param {Card} card @param {CardContext} context */
function amountCard(card, context) {
  return cardFrame(
    'amount',
    card.title ? `${card.title} ${T.amount}` : T.amount,
    statusTag(card.status),
    Number.isInteger(card.yen) && element('p', { class: 'figure' }, yenText(card.yen)),
    distinct(card.working, context) && facts([[T.working, card.working]]),
    sourceLine(card.source, card.as_of),
  );
}

/** @param {Card} card */
function receiptCard(card) {
  const number = element('span', { class: 'case-number' }, card.case_number);
  return cardFrame(
    'receipt',
    T.receipt,
    facts([
      [T.caseNumber, number],
      [T.hub, card.hub_name ?? card.hub],
      [T.promisedOn, card.promised_on && T.promisedBy(dayText(card.promised_on))],
    ]),
  );
}

/** @param {Card} card */
function referralCard(card) {
  const contacts = list(card.contacts).map((contact) => element('li', {}, contactNode(contact)));
  return cardFrame('referral', T.referral, element('ul', { class: 'contacts' }, ...contacts));
}

/** @param {string} kind @param {string} heading @param {...Child} children */
function cardFrame(kind, heading, ...children) {
  const title = element('h3', { class: 'card-title' }, heading);
  return element('section', { class: 'card', 'data-card': kind }, title, ...children);
}

/** @param {Array<[string, Child]>} pairs */
function facts(pairs) {
  const rows = pairs.filter(([, value]) => value);
  if (rows.length === 0) return null;
  return element(
    'dl',
    { class: 'facts' },
    ...rows.map(([name, value]) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, value)),
    ),
  );
}

/** @param {string|undefined} status */
function statusTag(status) {
  const word = STATUSES[/** @type {keyof typeof STATUSES} */ (status)];
  return word ? element('span', { class: 'tag', 'data-status': status }, word) : null;
}

/**
 * @param {any} source  `{title, url, date, level, precision?}`
 * @param {string} [asOf]
 */
function sourceLine(source, asOf) {
  if (!source?.title) return null;
  const date = dateText(source.date, source.precision);
  const toConfirm = source.level === 'B' || source.level === 'C';
  return element(
    'p',
    { class: 'source' },
    `${T.source}：`,
    source.url ? link(source.url, source.title) : source.title,
    date && `（${date}）`,
    asOf && ` ${T.asOf(dateText(asOf))}`,
    toConfirm && element('span', { class: 'tag', 'data-status': 'unverified' }, T.toConfirm),
  );
}

/** @param {any} contact  a text, or `{name, url, phone, note}` */
function contactNode(contact) {
  if (typeof contact === 'string') return element('span', {}, contact);
  const digits = String(contact.phone ?? '').replace(/[^\d+]/g, '');
  return element(
    'span',
    {},
    contact.url ? link(contact.url, contact.name) : contact.name,
    digits && ' ',
    digits && element('a', { href: `tel:${digits}` }, contact.phone),
    contact.note && element('span', { class: 'contact-note' }, contact.note),
  );
}

/**
 * @param {any} fact  words, `{key, text}`, or a bare key, which says nothing to an owner
 * @returns {string}
 */
function factText(fact) {
  const words = typeof fact === 'string' ? fact : (fact?.text ?? '');
  return /^[\x20-\x7e]*$/.test(words) ? '' : words;
}

/**
 * @param {any} entry  a program id, or `{program_id, title}`
 * @param {Map<string, string>} titles
 */
function titleOf(entry, titles) {
  return typeof entry === 'string' ? titles.get(entry) : entry?.title;
}

/** @param {string|undefined} text @param {CardContext} context */
function distinct(text, context) {
  return Boolean(text) && !context.messageText.includes(/** @type {string} */ (text));
}

/** @param {any} value @returns {any[]} */
function list(value) {
  return Array.isArray(value) ? value : [];
}
