import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { ChatApi } from '../../web_widget/chat_api.js';
import { ChatClient } from '../../web_widget/chat_client.js';
import { SessionStore } from '../../web_widget/session_store.js';
import { ChatServer, Clock, cut, eventOf, hang, MapStorage, reply, settled } from './twins.mjs';

let server;
let clock;
let storage;
let online;
let log;

beforeEach(() => {
  server = new ChatServer();
  server.say('bot', 'greeting');
  clock = new Clock();
  storage = new MapStorage();
  online = true;
  log = [];
});

function makeClient({
  openStorage = () => storage,
  store = new SessionStore('tsubame', openStorage, null),
  random = () => 0.5,
} = {}) {
  const record =
    (name) =>
    (...values) =>
      log.push([name, ...values]);
  const names = ['Messages', 'Outgoing', 'OutgoingState', 'Sent', 'Holder', 'Connection'];
  const events = {};
  for (const name of [...names, 'Waiting', 'Typing', 'Notice', 'StartProblem']) {
    events[`on${name}`] = record(name);
  }
  let ids = 0;
  return new ChatClient({
    site: 'tsubame',
    events,
    api: new ChatApi({ fetch: server.fetch, timers: clock }),
    store,
    timers: clock,
    newId: () => `id-${(ids += 1)}`,
    random,
    isOnline: () => online,
  });
}

async function startedClient() {
  const client = makeClient();
  client.start();
  await settled();
  await server.stream.hello();
  return client;
}

const events = (name) => log.filter(([kind]) => kind === name);
const texts = (kind) =>
  events('Messages')
    .filter(([, , each]) => !kind || each === kind)
    .flatMap(([, messages]) => messages.map((message) => message.text));
const states = () => events('OutgoingState').map(([, , state]) => state);
const notices = () => events('Notice').map(([, notice]) => notice);

describe('ChatClient.start', () => {
  test('opens a conversation for the site and gives its greeting as new', async () => {
    await startedClient();

    assert.deepEqual(server.sent('create')[0].body, { channel: 'web', site: 'tsubame' });
    assert.deepEqual(texts('new'), ['greeting']);
    assert.deepEqual(notices(), ['ready']);
  });

  test('resumes after a reload: the past comes as history, nothing is opened anew', async () => {
    await startedClient();
    server.say('staff', 'while you were away');
    log = [];

    await startedClient();

    assert.equal(server.created, 1);
    assert.deepEqual(texts('history'), ['greeting', 'while you were away']);
    assert.deepEqual(texts('new'), []);
    assert.equal(server.sent('events').at(-1).headers['Last-Event-ID'], '2');
  });

  for (const status of [401, 404]) {
    test(`starts anew with a notice when the resumed conversation gives ${status}`, async () => {
      await startedClient();
      server.next.list.push(() => reply(status));
      log = [];

      await startedClient();

      assert.equal(server.created, 2);
      assert.deepEqual(notices(), ['restarted', 'ready']);
    });
  }

  test('keeps the token when only the network is missing, and resumes when it is back', async () => {
    await startedClient();
    server.next.list.push(cut);
    const client = makeClient();
    client.start();
    await settled();

    client.wake();
    await settled();

    assert.equal(server.created, 1);
    assert.deepEqual(texts('history'), ['greeting']);
  });

  test('waits as long as Retry-After says before it tries again', async () => {
    server.next.create.push(() => reply(503, {}, { 'Retry-After': '20' }));
    makeClient().start();
    await clock.advance(19_000);
    assert.equal(server.sent('create').length, 1);

    await clock.advance(2_000);

    assert.equal(server.sent('create').length, 2);
    assert.equal(events('StartProblem')[0][1].kind, 'unavailable');
  });

  test('says so and works from memory where storage is refused', async () => {
    const client = makeClient({
      openStorage: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    });
    client.start();
    await settled();
    client.send({ text: 'hello' });
    await settled();

    assert.deepEqual(notices(), ['memory_only', 'ready']);
    assert.deepEqual(texts(), ['greeting', 'answer to hello']);
  });
});

describe('ChatClient.send', () => {
  test('sends the text with an id and gives the answer', async () => {
    const client = await startedClient();

    client.send({ text: 'hello' });
    await settled();

    assert.deepEqual(server.sent('send')[0].body, { client_message_id: 'id-1', text: 'hello' });
    assert.deepEqual(events('Outgoing')[0], ['Outgoing', 'id-1', 'hello', 1]);
    assert.equal(events('Sent')[0][2].seq, 2);
    assert.deepEqual(texts(), ['greeting', 'answer to hello']);
  });

  test('sends a button as payload and title', async () => {
    const client = await startedClient();

    client.send({ payload: '/answer{"value":2}', title: 'sometimes' });
    await settled();

    assert.deepEqual(server.sent('send')[0].body, {
      client_message_id: 'id-1',
      payload: '/answer{"value":2}',
      title: 'sometimes',
    });
  });

  test('repeats under the same id after a broken connection and a 503', async () => {
    const client = await startedClient();
    server.nextSends.push(cut, () => reply(503));

    client.send({ text: 'hello' });
    await clock.advance(10_000);

    const ids = server.sent('send').map(({ body }) => body.client_message_id);
    assert.deepEqual(ids, ['id-1', 'id-1', 'id-1']);
    assert.deepEqual(states(), ['waiting', 'sending', 'waiting', 'sending']);
    assert.deepEqual(texts(), ['greeting', 'answer to hello']);
  });

  test('shows a message once when the first attempt did arrive and only its answer was lost', async () => {
    const client = await startedClient();
    server.nextSends.push((request) => {
      server.send(request);
      throw new TypeError('connection reset');
    });

    client.send({ text: 'hello' });
    await settled();
    await server.stream.message(server.messages[1]);
    await server.stream.message(server.messages[2]);
    await clock.advance(5_000);

    assert.deepEqual(texts(), ['greeting', 'answer to hello']);
    assert.equal(events('Sent').length, 1);
  });

  test('takes a request without answer for lost after 20 seconds and repeats it', async () => {
    const client = await startedClient();
    server.nextSends.push(hang);

    client.send({ text: 'hello' });
    await clock.advance(22_000);

    assert.equal(server.sent('send').length, 2);
    assert.equal(events('OutgoingState')[0][3].kind, 'timeout');
    assert.equal(events('Sent').length, 1);
  });

  test('waits as long as a short Retry-After says', async () => {
    const client = await startedClient();
    server.nextSends.push(() => reply(429, {}, { 'Retry-After': '10' }));

    client.send({ text: 'hello' });
    await clock.advance(9_000);
    assert.equal(server.sent('send').length, 1);
    await clock.advance(2_000);

    assert.equal(server.sent('send').length, 2);
  });

  test('tells a long Retry-After instead of waiting for it', async () => {
    const client = await startedClient();
    server.nextSends.push(() => reply(429, {}, { 'Retry-After': '120' }));

    client.send({ text: 'hello' });
    await clock.advance(60_000);

    const [, id, state, problem] = events('OutgoingState')[0];
    assert.deepEqual([id, state, problem.retryAfterMs], ['id-1', 'failed', 120_000]);
    assert.equal(server.sent('send').length, 1);
  });

  for (const [status, kind] of [
    [413, 'too_long'],
    [422, 'refused'],
    [409, 'conflict'],
  ]) {
    test(`does not repeat after ${status}, and lets the next message through`, async () => {
      const client = await startedClient();
      server.nextSends.push(() => reply(status));

      client.send({ text: 'bad' });
      client.send({ text: 'good' });
      await clock.advance(10_000);

      assert.equal(events('OutgoingState')[0][3].kind, kind);
      assert.deepEqual(texts(), ['greeting', 'answer to good']);
    });
  }

  test('resends a failed message under its own id', async () => {
    const client = await startedClient();
    server.nextSends.push(() => reply(422));
    client.send({ text: 'hello' });
    await settled();

    client.resend('id-1');
    await settled();

    assert.deepEqual(states(), ['failed', 'sending']);
    assert.deepEqual(server.sent('send')[1].body, { client_message_id: 'id-1', text: 'hello' });
    assert.equal(events('Sent').length, 1);
  });

  test('keeps messages while offline, however long, and sends them in order when back', async () => {
    const client = await startedClient();
    online = false;
    server.nextSends.push(...Array(8).fill(cut));
    client.send({ text: 'one' });
    client.send({ text: 'two' });
    await clock.advance(200_000);
    assert.ok(!states().includes('failed'));

    online = true;
    server.nextSends = [];
    client.wake();
    await settled();

    assert.deepEqual(
      events('Sent').map(([, , message]) => message.text),
      ['one', 'two'],
    );
  });

  test('keeps what is typed before the conversation is open', async () => {
    const client = makeClient();
    client.send({ text: 'early' });
    assert.equal(server.sent('send').length, 0);

    client.start();
    await settled();

    assert.deepEqual(texts(), ['greeting', 'answer to early']);
  });

  test('hands the words back and starts anew when the conversation has expired', async () => {
    const client = await startedClient();
    server.nextSends.push(() => reply(401));

    client.send({ text: 'hello' });
    await settled();

    const [, , state, problem, content] = events('OutgoingState')[0];
    assert.deepEqual([state, problem.kind, content], ['failed', 'expired', { text: 'hello' }]);
    assert.deepEqual(notices(), ['ready', 'restarted', 'ready']);
    assert.equal(server.created, 2);
  });

  test('waits for an answer of the bot after 202, not for one of a person', async () => {
    const client = await startedClient();
    const later = ({ body }) =>
      reply(202, { message: server.say('user', body.text), messages: [] });
    server.nextSends.push(later, later);

    client.send({ text: 'one' });
    await settled();
    assert.deepEqual(events('Waiting').at(-1), ['Waiting', true]);
    await server.stream.write('event: holder\ndata: {"holder":"staff","name":"佐藤"}\n\n');
    client.send({ text: 'two' });
    await settled();

    assert.deepEqual(events('Waiting').at(-1), ['Waiting', false]);
    assert.deepEqual(client.holder, { holder: 'staff', name: '佐藤' });
  });
});

describe('ChatClient reception', () => {
  test('gives each message once though POST and stream both bring it', async () => {
    const client = await startedClient();

    client.send({ text: 'hello' });
    await settled();
    for (const message of server.messages) await server.stream.message(message);

    assert.deepEqual(texts(), ['greeting', 'answer to hello']);
  });

  test('holds back its own message from the stream until the POST is answered', async () => {
    const client = await startedClient();
    let answer;
    server.nextSends.push(
      (request) => new Promise((resolve) => (answer = () => resolve(server.send(request)))),
    );
    client.send({ text: 'hello' });
    await settled();
    await server.stream.message({ seq: 2, id: 'm2', author: 'user', text: 'hello' });
    assert.deepEqual(texts(), ['greeting']);

    answer();
    await settled();

    assert.deepEqual(texts(), ['greeting', 'answer to hello']);
    assert.equal(events('Sent').length, 1);
  });

  test('shows at once what was written in another window', async () => {
    await startedClient();

    await server.stream.message(server.say('user', 'from my phone'));

    assert.deepEqual(texts(), ['greeting', 'from my phone']);
  });

  test('reads events cut within a character', async () => {
    await startedClient();
    const bytes = new TextEncoder().encode(eventOf(server.say('staff', '燕市の佐藤です')));

    for (const byte of bytes) await server.stream.writeBytes(new Uint8Array([byte]));

    assert.deepEqual(texts(), ['greeting', '燕市の佐藤です']);
  });

  test('gives a batch in order of seq', async () => {
    const client = await startedClient();
    server.nextSends.push(({ body }) => {
      const message = server.say('user', body.text);
      const answers = [server.say('bot', 'first'), server.say('bot', 'second')];
      return reply(200, { message, messages: answers.reverse() });
    });

    client.send({ text: 'hello' });
    await settled();

    assert.deepEqual(texts(), ['greeting', 'first', 'second']);
  });

  test('resumes the stream behind its own cursor, not behind what a POST brought', async () => {
    const client = await startedClient();
    server.say('staff', 'not yet streamed');
    client.send({ text: 'hello' });
    await settled();

    await server.stream.break();
    await clock.advance(3_000);
    assert.equal(server.sent('events').at(-1).headers['Last-Event-ID'], '1');
    await server.stream.hello();
    for (const message of server.messages.slice(1)) await server.stream.message(message);

    assert.deepEqual(texts(), ['greeting', 'answer to hello', 'not yet streamed']);
  });

  test('returns to the stream after the server has closed it', async () => {
    await startedClient();
    await server.stream.message(server.say('bot', 'two'));

    await server.stream.end();
    await clock.advance(3_000);

    assert.equal(server.sent('events').length, 2);
    assert.equal(server.sent('events')[1].headers['Last-Event-ID'], '2');
    assert.deepEqual(events('Connection'), [['Connection', 'live']]);
  });

  test('polls every 3 seconds when no hello comes within 4, and tries the stream again later', async () => {
    makeClient().start();
    await settled();
    const silent = server.stream;
    await clock.advance(3_900);
    assert.equal(server.sent('list').length, 0);

    await clock.advance(200);
    assert.ok(silent.isAborted);
    assert.equal(server.sent('list').length, 1);
    server.say('staff', 'by poll');
    await clock.advance(3_000);
    assert.deepEqual(texts(), ['greeting', 'by poll']);
    await clock.advance(60_000);

    assert.equal(server.sent('events').length, 2);
    assert.match(server.sent('list').at(-1).url, /after=2$/);
  });

  test('polls when the stream itself is refused', async () => {
    server.next.events.push(() => reply(503));
    makeClient().start();

    await clock.advance(3_000);

    assert.equal(server.sent('list').length, 1);
    assert.deepEqual(events('Connection').at(-1), ['Connection', 'polling']);
  });

  test('leaves a stream on which not even pings come', async () => {
    await startedClient();
    const silent = server.stream;
    await clock.advance(40_000);
    await silent.write(': ping\n\n');
    await clock.advance(40_000);
    assert.equal(silent.isAborted, false);

    await clock.advance(10_000);

    assert.ok(silent.isAborted);
    assert.equal(server.sent('events').length, 2);
  });

  test('backs off while there is no network, tells it once it lasts, and recovers at once', async () => {
    const client = await startedClient();
    server.next.events.push(...Array(20).fill(cut));
    await server.stream.break();
    await clock.advance(60_000);
    assert.ok(server.sent('events').length < 10);
    assert.deepEqual(events('Connection').at(-1), ['Connection', 'lost']);

    server.next.events = [];
    client.wake();
    await settled();
    await server.stream.hello();

    assert.deepEqual(events('Connection').at(-1), ['Connection', 'live']);
  });

  test('gives the stream back in the background and polls rarely', async () => {
    const client = await startedClient();
    client.setActive(false);
    await clock.advance(65_000);
    assert.ok(server.streams[0].isAborted);
    assert.equal(server.sent('list').length, 3);

    client.setActive(true);
    await settled();

    assert.equal(server.sent('events').length, 2);
  });

  test('starts anew when the stream says that the conversation is gone', async () => {
    await startedClient();
    server.next.events.push(() => reply(404));

    await server.stream.end();
    await clock.advance(5_000);

    assert.deepEqual(notices(), ['ready', 'restarted', 'ready']);
  });

  test('skips an event that is not JSON and goes on', async () => {
    await startedClient();

    await server.stream.write('event: message\ndata: {broken\n\n');
    await server.stream.message(server.say('bot', 'whole'));

    assert.deepEqual(texts(), ['greeting', 'whole']);
  });
});

describe('ChatClient.erase', () => {
  test('erases on the server, forgets the token and stops', async () => {
    const client = await startedClient();

    await client.erase();
    await clock.advance(60_000);

    assert.equal(server.sent('erase').length, 1);
    assert.equal(storage.values.size, 0);
    assert.ok(server.stream.isAborted);
    assert.equal(server.sent('events').length, 1);
    assert.equal(notices().at(-1), 'erased');
  });

  test('forgets nothing when the server did not confirm', async () => {
    const client = await startedClient();
    server.next.erase.push(cut);

    await assert.rejects(client.erase(), { kind: 'offline' });

    assert.equal(storage.values.size, 1);
  });

  test('forgets the token when the conversation is gone already', async () => {
    const client = await startedClient();
    server.next.erase.push(() => reply(404));

    await client.erase();

    assert.equal(storage.values.size, 0);
  });

  test('leaves the next conversation free of an unanswered message of the last', async () => {
    const client = await startedClient();
    server.nextSends.push(hang);
    client.send({ text: 'old' });
    await settled();

    await client.erase();
    client.start();
    await settled();
    client.send({ text: 'new' });
    await settled();

    assert.deepEqual(texts().slice(-1), ['answer to new']);
  });
});

describe('ChatClient in several tabs', () => {
  /** What the browser tells the other tabs when one of them has changed the storage. */
  class Tab extends SessionStore {
    static tabs = [];
    watch(onChange) {
      Tab.tabs.push(onChange);
    }
    static tell = () => Tab.tabs.forEach((onChange) => onChange());
  }
  beforeEach(() => {
    Tab.tabs = [];
  });
  const makeTab = () => makeClient({ store: new Tab('tsubame', () => storage, null) });

  test('what one tab erases is erased in the other, which begins nothing by itself', async () => {
    const [first, second] = [makeTab(), makeTab()];
    first.start();
    await settled();
    second.start();
    await settled();

    await first.erase();
    Tab.tell();
    await clock.advance(60_000);

    assert.equal(server.created, 1);
    assert.equal(storage.values.size, 0);
    assert.deepEqual(notices().slice(-2), ['erased', 'erased']);
  });

  test('a tab goes over to the conversation that another one had to begin', async () => {
    const client = makeTab();
    client.start();
    await settled();
    server.id = 'conversation-2';
    server.token = 'secret-2';
    server.messages = [];
    server.say('bot', 'second greeting');
    new Tab('tsubame', () => storage, null).save({ id: 'conversation-2', token: 'secret-2' });

    Tab.tell();
    await settled();

    assert.equal(server.created, 1);
    assert.deepEqual(texts().slice(-1), ['second greeting']);
    assert.match(server.sent('events').at(-1).url, /conversation-2/);
  });

  test('two tabs that start together share one conversation', async () => {
    let last = Promise.resolve();
    const locks = { request: (_key, _options, work) => (last = last.then(work)) };
    const [first, second] = [1, 2].map(() =>
      makeClient({ store: new SessionStore('tsubame', () => storage, locks) }),
    );

    first.start();
    second.start();
    await settled();

    assert.equal(server.created, 1);
    assert.equal(server.sent('events').length, 2);
  });

  test('a lock that is refused or throws keeps nobody from starting', async () => {
    const locks = { request: () => Promise.reject(new DOMException('denied', 'SecurityError')) };
    makeClient({ store: new SessionStore('tsubame', () => storage, locks) }).start();
    await settled();

    assert.equal(server.created, 1);
    assert.equal(notices().at(-1), 'ready');
  });
});

describe('ChatClient waits', () => {
  for (const [drawn, delayMs] of [
    [0, 500],
    [0.999, 1_499],
  ]) {
    test(`differ from page to page: ${delayMs} ms when ${drawn} is drawn`, async () => {
      const client = makeClient({ random: () => drawn });
      client.start();
      await settled();
      server.nextSends.push(cut);
      client.send({ text: 'hello' });

      await clock.advance(delayMs - 1);
      assert.equal(server.sent('send').length, 1);
      await clock.advance(1);

      assert.equal(server.sent('send').length, 2);
    });
  }
});

describe('ChatClient with words that have not arrived', () => {
  test('knows of them until they are stored', async () => {
    const client = await startedClient();
    assert.equal(client.isHoldingWords, false);
    server.nextSends.push(cut);

    client.send({ text: 'hello' });
    await settled();
    assert.equal(client.isHoldingWords, true);
    await clock.advance(1_000);

    assert.equal(client.isHoldingWords, false);
  });

  test('takes them for stored as soon as the stream brings them under their id', async () => {
    const client = await startedClient();
    server.nextSends.push(hang);
    client.send({ text: 'hello' });
    await settled();

    await server.stream.message(server.say('user', 'hello', { client_message_id: 'id-1' }));

    assert.equal(events('Sent').length, 1);
    assert.deepEqual(texts(), ['greeting']);
  });

  test('does not take the same words from another tab for its own', async () => {
    const client = await startedClient();
    server.nextSends.push(cut, cut, cut, cut);
    client.send({ text: 'hello' });
    await settled();

    await server.stream.message(server.say('user', 'hello', { client_message_id: 'other' }));
    await clock.advance(60_000);

    assert.equal(events('Sent').length, 0);
    assert.equal(states().at(-1), 'failed');
    assert.equal(client.isHoldingWords, true);
  });
});

describe('ChatClient history', () => {
  test('brings all of a conversation that is longer than one answer of the server', async () => {
    for (let count = 0; count < 1100; count += 1) server.say('user', `m${count}`);
    storage.setItem('jinjibu.chat.v1:tsubame', JSON.stringify({ id: server.id, token: server.token }));
    const pages = ({ url }) => {
      const after = Number(new URL(url, 'http://desk').searchParams.get('after'));
      return reply(200, { messages: server.messages.filter(({ seq }) => seq > after).slice(0, 500) });
    };
    server.next.list.push(pages, pages, pages);
    makeClient().start();
    await settled();

    assert.equal(texts('history').length, 1101);
    assert.equal(server.sent('events').at(-1).headers['Last-Event-ID'], '1101');
  });
});

describe('ChatClient storage', () => {
  test('never holds what was said', async () => {
    const client = await startedClient();
    client.send({ text: 'a secret' });
    await settled();

    const written = [...storage.values.values()];

    assert.deepEqual(written, [JSON.stringify({ id: server.id, token: server.token })]);
  });
});

describe('ChatClient and a person', () => {
  const sign = (name, data) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  const held = sign('holder', { holder: 'staff', name: '花子' });

  test('the owner sees that the person types, and no longer when the bot is back', async () => {
    await startedClient();

    await server.stream.write(held + sign('typing', { is_typing: true }));
    await server.stream.write(sign('holder', { holder: 'bot', name: null }));

    assert.deepEqual(
      events('Typing').map(([, typing]) => typing),
      [true, false],
    );
  });

  test('polling tells it too', async () => {
    server.next.events.push(() => reply(502));
    server.next.list.push(() =>
      reply(200, { messages: [], holder: { holder: 'staff' }, typing: { is_typing: true } }),
    );
    const client = makeClient();
    client.start();
    await clock.advance(3_000);

    assert.deepEqual(events('Typing').at(-1), ['Typing', true]);
  });

  test('typing is told to a person now and then, and never to the bot', async () => {
    const client = await startedClient();
    client.typing();
    assert.equal(server.sent('typing').length, 0);

    await server.stream.write(held);
    client.typing();
    client.typing();
    assert.equal(server.sent('typing').length, 1);

    await clock.advance(3_000);
    client.typing();
    assert.equal(server.sent('typing').length, 2);
  });

  test('a sign that cannot be sent disturbs nobody', async () => {
    const client = await startedClient();
    await server.stream.write(held);
    server.next.typing.push(cut);

    client.typing();
    await settled();

    assert.deepEqual(states(), []);
  });
});
