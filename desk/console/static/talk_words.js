/** Words of the conversation page that depend on what happens; the rest stands in talk.html. */

const TIME = new Intl.DateTimeFormat('ja-JP', {
  month: 'long',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

export const WORDS = {
  owner: '相談した方',
  bot: '相談ナビ（自動）',
  system: 'お知らせ',
  nobody: 'ほかにいません',
  ownerTypes: '相談した方が入力しています',
  button: 'ボタンで回答',
  offered: (/** @type {string[]} */ titles) => `出したボタン：${titles.join('／')}`,
  shown: (/** @type {string} */ name) => `画面に出したもの：${name}`,
  heldByBot: '相談ナビ（AI）が答えています',
  heldByMe: 'あなたが応対しています',
  heldBy: (/** @type {string} */ name) => `${name} さんが応対しています`,
  noCase: '担当はいません',
  unclaimed: '担当はまだいません。会話に入るか返事をすると、あなたが担当になります。',
  myCase: 'あなたが担当です',
  caseOf: (/** @type {string} */ name) => `担当は ${name} さんです。返事をしても、担当は変わりません。`,
  over: '期限が過ぎたため、相談した方はこの会話を開けません',
  waiting: (/** @type {number} */ count, /** @type {string} */ since) =>
    `返事を待っている発言 ${count}件（${since}から）`,
  drafting: '書きかけ',
  draftKept: '下書きを残しました',
  draftFailed: '下書きを残せていません。通信を確かめています。',
  sending: '送っています',
  sent: '送りました',
  save: '保存',
  size: (/** @type {number} */ bytes) => {
    const kilobytes = Math.max(1, Math.ceil(bytes / 1024));
    return kilobytes < 1024 ? `（${kilobytes}KB）` : `（${(kilobytes / 1024).toFixed(1)}MB）`;
  },
  tooLong: (/** @type {number} */ over) => `${over}文字多すぎます`,
  live: '',
  polling: '数秒ごとに更新しています',
  lost: '通信が途切れています。つなぎ直しています。',
  unread: (/** @type {number} */ count, /** @type {string} */ title) => `（${count}）${title}`,
  time: (/** @type {string} */ iso) => TIME.format(new Date(iso)),
};

/** Sentences for refusals, by `ChatProblem.kind`; `conflict` by what was tried. */
const PROBLEMS = {
  offline: '通信できませんでした。もう一度押しても、二重にはなりません。',
  timeout: '返事がありませんでした。もう一度押しても、二重にはなりません。',
  busy: '混み合っています。少し待って、もう一度行ってください。',
  unavailable: 'ただいま応答できません。少し待って、もう一度行ってください。',
  expired: 'この会話を見られなくなりました。ログインが切れたか、本人が消去したか、ほかの窓口に移っています。',
  too_long: '文が長すぎます。短く分けてください。',
  refused: 'この操作はできません。画面を読み込み直してください。',
};
const CLAIMED = {
  reply: '送っていません。先にほかの担当者がこの相談を引き受けました。担当の方を確かめ、それでも送るときは、もう一度送信を押してください。',
  change: '会話に入っていません。先にほかの担当者がこの相談を引き受けました。担当の方を確かめ、それでも入るときは、もう一度押してください。',
};
const CONFLICTS = {
  reply: '送っていません。応対している人が替わりました。書いた文は残っています。',
  change: '先にほかの人が操作しました。いまの様子を確かめてください。',
};

/**
 * @param {{kind: string}} problem
 * @param {'reply'|'change'} tried
 */
export function problemWords(problem, tried) {
  if (problem.kind === 'claimed') return CLAIMED[tried];
  if (problem.kind === 'conflict') return CONFLICTS[tried];
  return PROBLEMS[/** @type {keyof typeof PROBLEMS} */ (problem.kind)] ?? PROBLEMS.unavailable;
}
