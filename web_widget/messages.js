/**
 * All words of the chat's own interface. What the bot and the staff say comes from the server.
 */

export const TEXTS = {
  title: '相談ナビ',
  organisation: '地域の人事部',
  close: '閉じる',
  conversation: 'やりとり',
  inputLabel: 'メッセージ',
  inputPlaceholder: 'ここに書いてください',
  inputHint: 'Enterで送信、Shift＋Enterで改行',
  send: '送信',
  talkToHuman: '担当者に相談',
  erase: 'この端末から消す',
  report: '診断レポートを印刷',
  choices: '答えの候補',
  chosen: '選択済み',
  left: (/** @type {number} */ count) => `あと${count}問ほど`,
  correct: '答えを直す',
  newMessages: '新しいメッセージ',
  waiting: '回答を作成しています',
  staffTyping: (/** @type {string} */ name) => `${name}が入力しています`,
  withStaff: (/** @type {string} */ name) => `${name}がお答えします`,

  sending: '送信中',
  sent: '送信済み',
  failed: '送れませんでした',
  resend: '再送',
  rewrite: '書き直す',

  starting: 'つないでいます',
  connectionLost: '通信が途切れています。つなぎ直しています。',
  restarted: '前回のやりとりは期限が過ぎたか、消去されています。新しく相談を始めます。',
  memoryOnly:
    'このブラウザではやりとりの続きを保存できません。ページを閉じると、続きから話せなくなります。',
  erased: 'やりとりを消しました。',
  startNew: '新しく相談を始める',
  eraseFailed: '消せませんでした。通信を確かめて、もう一度お試しください。',
  reportFailed: '診断レポートを開けませんでした。少し待って、もう一度お試しください。',
  reportBlocked:
    '診断レポートの画面を開けませんでした。ブラウザの設定で、新しい画面を開くことを許してください。',
  tooLong: '2,000文字までにしてください。',

  eraseTitle: 'やりとりを消しますか',
  eraseBody:
    'これまでのやりとりを消します。元には戻せません。受付番号が出ているときは、控えてから消してください。',
  eraseConfirm: '消す',
  cancel: 'やめる',
};

/** Sentences for problems, by `ChatProblem.kind`. */
const PROBLEMS = {
  offline: 'インターネットにつながっていません。つながったら送ります。',
  timeout: '返事に時間がかかっています。もう一度送っています。',
  busy: '混み合っています。少し待って、もう一度送ります。',
  unavailable: 'ただいま応答できません。少し待って、もう一度送ります。',
  expired: '前回のやりとりは終わっています。書いた文は入力欄に戻しました。',
  conflict: 'ほかの画面で操作されたため、送れませんでした。',
  too_long: '文が長すぎて送れませんでした。短く分けて送ってください。',
  refused: '送れない内容が含まれています。書き直して送ってください。',
};

const GIVEN_UP = {
  offline: '通信が途切れて送れませんでした。',
  timeout: '返事がなく、送れたか確かめられませんでした。再送しても二重にはなりません。',
  busy: '混み合っていて送れませんでした。',
  unavailable: 'ただいま応答できず、送れませんでした。',
};

const START_PROBLEMS = {
  offline: 'つながりません。通信を確かめてください。',
  timeout: '時間がかかっています。このままお待ちください。',
  busy: '混み合っています。このままお待ちください。',
  unavailable: 'ただいま準備中です。このままお待ちください。',
};
const START_REFUSED = 'いまは相談を始められません。時間をおいて、もう一度開いてください。';

/**
 * @param {{kind: string, retryAfterMs: number}} problem
 * @param {{final: boolean}} options  final: no further attempt is made by itself
 */
export function problemText(problem, { final }) {
  const kind = /** @type {keyof typeof PROBLEMS & keyof typeof GIVEN_UP} */ (problem.kind);
  const sentence = (final && GIVEN_UP[kind]) || PROBLEMS[kind] || PROBLEMS.unavailable;
  if (!final || problem.retryAfterMs <= 0) return sentence;
  return `${sentence}${waitText(problem.retryAfterMs)}`;
}

/** @param {{kind: string}} problem */
export function startProblemText(problem) {
  return START_PROBLEMS[/** @type {keyof typeof START_PROBLEMS} */ (problem.kind)] ?? START_REFUSED;
}

/** @param {number} delayMs */
function waitText(delayMs) {
  const minutes = Math.ceil(delayMs / 60_000);
  return minutes <= 1
    ? '1分ほど待って再送してください。'
    : `${minutes}分ほど待って再送してください。`;
}

/** @param {Message} message */
export function authorName(message) {
  if (message.author === 'user') return 'あなた';
  if (message.author === 'bot') return '相談ナビ（AI）';
  if (message.author === 'system') return 'お知らせ';
  return staffName(message.author_name);
}

/** @param {string|null|undefined} name */
export function staffName(name) {
  if (!name) return '担当者';
  return name.startsWith('担当者') ? name : `担当者 ${name}`;
}

/** @param {number} left */
export function charactersLeft(left) {
  return left >= 0 ? `あと${left}文字` : `${-left}文字多すぎます`;
}

/** @param {string} answer */
export function correctionOf(answer) {
  return `${TEXTS.correct}：${answer.length > 30 ? `${answer.slice(0, 30)}…` : answer}`;
}

/** @param {string} title */
export function askAboutProgram(title) {
  return `${title}について、くわしく`;
}

/** Words of the cards. */
export const CARD_TEXTS = {
  diagnosis: 'お話から見えた、人まわりの様子',
  diagnosisChart: '8つの項目の様子を表した図。内容は表と同じです。',
  dimension: '項目',
  level: 'いまの様子',
  weakest: '気になるところ',
  evidence: 'お話',
  unasked: 'まだ伺っていません',
  clues: '手がかり',
  recommendations: '合いそうな支援',
  program: '支援の内容',
  amount: '金額の目安',
  working: '計算',
  reason: '理由',
  unknown: 'まだわからないこと',
  firstStep: 'はじめにすること',
  contact: '問い合わせ先',
  successors: 'いま使えるもの',
  statusNote: 'いまの状況',
  anchor: (/** @type {string} */ text) => `この段階の目安：${text}`,
  cautions: '気をつけること',
  more: 'くわしく',
  source: '出典',
  toConfirm: '要確認',
  receipt: '受け付けました',
  caseNumber: '受付番号',
  hub: '担当する窓口',
  promisedOn: 'お返事の予定',
  referral: '相談先',
  asOf: (/** @type {string} */ date) => `${date}時点`,
  promisedBy: (/** @type {string} */ date) => `${date}までにご連絡します`,
  rank: (/** @type {number} */ rank) => `${rank}番`,
};

export const LEVELS = ['これから', '始めたところ', '半分ほど', 'おおむね', 'できている'];

export const STATUSES = {
  open: '受付中',
  ended: '終了',
  unverified: '要確認',
  not_yet: 'これから',
};

export const CONFIDENCES = ['少し', 'ふつう', '十分'];

const TIME = new Intl.DateTimeFormat('ja-JP', { hour: '2-digit', minute: '2-digit' });
const DAY_TIME = new Intl.DateTimeFormat('ja-JP', {
  month: 'long',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

/**
 * @param {string} iso
 * @param {Date} now
 * @returns {string} the time, with the day when it is not today; '' for an unreadable value
 */
export function timeText(iso, now) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const sameDay = date.toDateString() === now.toDateString();
  return (sameDay ? TIME : DAY_TIME).format(date);
}

/**
 * @param {string|null|undefined} value  a calendar date, `2023-06-01`, `2023-06` or `2023`
 * @param {string} [precision]  day, month or year: how much of the date is known
 * @returns {string} e.g. 2023年6月
 */
export function dateText(value, precision = 'day') {
  const parts = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/.exec(value ?? '');
  if (!parts) return '';
  const [, year, month, day] = parts;
  if (!month || precision === 'year') return `${year}年`;
  if (!day || precision === 'month') return `${year}年${Number(month)}月`;
  return `${year}年${Number(month)}月${Number(day)}日`;
}

/**
 * @param {string} value  a calendar date
 * @returns {string} with the day of the week, e.g. 2026年11月26日（木）
 */
export function dayText(value) {
  const date = new Date(`${value}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return dateText(value);
  const weekday = ['日', '月', '火', '水', '木', '金', '土'][date.getUTCDay()];
  return `${dateText(value)}（${weekday}）`;
}

/** @param {number} yen */
export function yenText(yen) {
  return `${yen.toLocaleString('ja-JP')}円`;
}
