/** The conversation page: wires API, stream, draft and view together. */

import { BROWSER_TIMERS, ChatProblem } from '/static/widget/chat_api.js';
import { MessageReceiver } from '/static/widget/message_receiver.js';
import { newUuid } from '/static/widget/new_uuid.js';
import { TalkApi } from '/static/console/talk_api.js';
import { DraftKeeper } from '/static/console/talk_draft.js';
import { TalkView } from '/static/console/talk_view.js';
import { problemWords, WORDS } from '/static/console/talk_words.js';

const BEAT_MS = 15_000;
const TYPING_EVERY_MS = 3_000;
/** Without a key or a click this long nobody is there: the session may end as it should. */
const IDLE_MS = 30 * 60_000;
const DRAFT_STATES = { drafting: WORDS.drafting, kept: WORDS.draftKept, failed: WORDS.draftFailed };

function start() {
  const { conversation = '', csrf = '' } = document.getElementById('talk')?.dataset ?? {};
  const session = { id: conversation, token: '' };
  const api = new TalkApi(conversation, csrf);
  const view = new TalkView({
    onReply: reply,
    onInput: typed,
    onTake: () => change('take', { sees_unclaimed: view.talk?.is_unclaimed ?? false }),
    onSteal: () => change('steal'),
    onReturn: (summary) => change('return', { summary }),
    onRelease: (reason) => change('release', { reason }),
    onResume: resume,
  });
  const draft = new DraftKeeper(
    view.text,
    (text) => api.keepDraft(text),
    (state) => view.showState(DRAFT_STATES[state]),
  );
  let hasHistory = false;
  const receiver = new MessageReceiver({
    api: /** @type {any} */ (api),
    timers: BROWSER_TIMERS,
    random: Math.random,
    events: {
      onMessages(messages) {
        view.add(messages, { isNew: hasHistory });
        hasHistory = true;
      },
      onSign: (_name, talk) => view.showTalk(talk),
      onHolder: () => {},
      onConnection: (state) => view.showConnection(state),
      onExpired: () => view.showAlert(problemWords({ kind: 'expired' }, 'change')),
    },
  });
  /** @type {{id: string, text: string}|null} */
  let outgoing = null;
  let isBusy = false;
  let typedAt = Number.NEGATIVE_INFINITY;
  let activeAt = Date.now();
  let isPaused = false;

  begin();

  /** The past first, in one piece; then what comes. */
  async function begin() {
    try {
      for (let more = true; more; ) {
        const { messages, talk } = await api.listMessages(session, view.lastSeq);
        view.add(messages, { isNew: false });
        view.showTalk(talk);
        more = messages.length > 0;
      }
    } catch (error) {
      // The receiver tries again, and says so if the conversation is not to be seen.
      if (!(error instanceof ChatProblem)) throw error;
    }
    hasHistory = view.lastSeq > 0;
    receiver.start(session, view.lastSeq);
    beat();
  }

  async function reply() {
    const text = view.text.trim();
    if (text === '' || isBusy || !view.talk) return;
    // The same words again are the same reply, so a doubt never makes a duplicate.
    if (outgoing?.text !== text) outgoing = { id: newUuid(), text };
    await attempt('reply', async () => {
      view.showSending(true);
      const { version, is_unclaimed } = view.talk;
      await draft.hold();
      const message = await api.post('replies', {
        client_message_id: outgoing?.id,
        version,
        sees_unclaimed: is_unclaimed,
        text,
        // Not the last one shown: that may be a reply of our own, ahead of the owner's words.
        seen_seq: receiver.cursor,
      });
      outgoing = null;
      view.text = '';
      draft.sent('');
      view.add([message], { isNew: true });
      view.showState(WORDS.sent);
    });
    view.showSending(false);
  }

  /** @param {'take'|'steal'|'return'|'release'} action @param {object} [body] */
  function change(action, body = {}) {
    if (isBusy || !view.talk) return;
    attempt('change', async () => {
      view.showTalk(await api.post(action, { version: view.talk.version, ...body }));
      view.closeDialogs();
    });
  }

  /** @param {'reply'|'change'} tried @param {() => Promise<void>} action */
  async function attempt(tried, action) {
    isBusy = true;
    view.showAlert('');
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ChatProblem)) throw error;
      view.showState('');
      view.showAlert(problemWords(error, tried));
      draft.changed(view.text);
      if (error.kind === 'conflict' || error.kind === 'claimed') await refresh();
    } finally {
      isBusy = false;
    }
  }

  /** Shows at once what somebody else did, also where only polling works. */
  async function refresh() {
    try {
      const { messages, talk } = await api.listMessages(session, view.lastSeq);
      view.add(messages, { isNew: true });
      view.showTalk(talk);
    } catch (error) {
      if (!(error instanceof ChatProblem)) throw error;
    }
  }

  function typed() {
    draft.changed(view.text);
    const isTyping = view.text.trim() !== '';
    const now = Date.now();
    if (!view.talk?.is_mine || (isTyping && now - typedAt < TYPING_EVERY_MS)) return;
    typedAt = isTyping ? now : Number.NEGATIVE_INFINITY;
    api.showPresence(isTyping).catch(() => {});
  }

  /** Says that somebody is here, and stops everything once nobody seems to be. */
  function beat() {
    if (isPaused) return;
    if (Date.now() - activeAt > IDLE_MS) {
      isPaused = true;
      receiver.stop();
      view.showPaused(true);
      api.leave(draft.unkept);
      return;
    }
    if (!document.hidden) {
      const isTyping = Date.now() - typedAt < TYPING_EVERY_MS;
      api.showPresence(isTyping).catch(() => {});
    }
  }

  function resume() {
    activeAt = Date.now();
    if (!isPaused) return;
    isPaused = false;
    view.showPaused(false);
    receiver.start(session, receiver.cursor);
    beat();
  }

  setInterval(beat, BEAT_MS);
  for (const kind of ['keydown', 'pointerdown', 'focus']) {
    globalThis.addEventListener(kind, () => {
      activeAt = Date.now();
    });
  }
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    view.read();
    beat();
    receiver.wake();
  });
  globalThis.addEventListener('online', () => receiver.wake());
  globalThis.addEventListener('pageshow', (event) => event.persisted && receiver.wake());
  globalThis.addEventListener('pagehide', () => api.leave(draft.unkept));
}

start();
