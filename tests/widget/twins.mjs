/** Twins of what the widget's transport stands on: a clock, a storage and the chat API by fetch. */

/** A clock that moves only when told; timers fire in order of their time. */
export class Clock {
  #now = 1_000_000;
  #timers = new Map();
  #next = 1;

  now = () => this.#now;

  set = (callback, delayMs) => {
    const handle = this.#next++;
    this.#timers.set(handle, { at: this.#now + delayMs, callback });
    return handle;
  };

  clear = (handle) => {
    this.#timers.delete(handle);
  };

  async advance(delayMs) {
    const end = this.#now + delayMs;
    await settled();
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end);
      if (due.length === 0) break;
      const [handle, timer] = due.reduce((a, b) => (b[1].at < a[1].at ? b : a));
      this.#timers.delete(handle);
      this.#now = Math.max(this.#now, timer.at);
      timer.callback();
      await settled();
    }
    this.#now = end;
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function settled() {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export class MapStorage {
  values = new Map();
  getItem = (key) => this.values.get(key) ?? null;
  setItem = (key, value) => void this.values.set(key, value);
  removeItem = (key) => void this.values.delete(key);
}

/** One conversation of the chat API. A test queues answers to POSTs; the rest behaves as designed. */
export class ChatServer {
  messages = [];
  requests = [];
  streams = [];
  /** Functions that answer the next POSTs of messages in place of the usual answer. */
  nextSends = [];
  /** Functions that answer the next calls of other kinds: create, list, events, report, erase. */
  next = { create: [], list: [], events: [], report: [], erase: [], typing: [] };
  token = 'secret-1';
  id = 'conversation-1';
  created = 0;
  #answered = new Map();

  say(author, text, more = {}) {
    const seq = this.messages.length + 1;
    const message = {
      seq,
      id: `m${seq}`,
      author,
      text,
      created_at: '2026-11-22T01:00:00Z',
      ...more,
    };
    this.messages.push(message);
    return message;
  }

  fetch = async (url, init) => {
    const path = url.replace('/api/chat/conversations', '');
    const kind = this.#kind(init.method, path);
    const request = { kind, url, headers: init.headers, body: init.body && JSON.parse(init.body) };
    this.requests.push(request);
    const special = kind === 'send' ? this.nextSends.shift() : this.next[kind].shift();
    if (special) return special(request, init);
    if (kind !== 'create' && init.headers.Authorization !== `Bearer ${this.token}`)
      return reply(401);
    return this[kind](request, init);
  };

  create() {
    this.created += 1;
    const messages = [...this.messages];
    return reply(201, { conversation_id: this.id, token: this.token, messages });
  }

  send({ body }) {
    const known = this.#answered.get(body.client_message_id);
    if (known) return reply(200, known);
    const message = this.say('user', body.text ?? body.title);
    const answer = { message, messages: [this.say('bot', `answer to ${message.text}`)] };
    this.#answered.set(body.client_message_id, answer);
    return reply(200, answer);
  }

  list({ url }) {
    const after = Number(new URL(url, 'http://desk').searchParams.get('after'));
    return reply(200, { messages: this.messages.filter((message) => message.seq > after) });
  }

  events(_request, { signal }) {
    const stream = new OpenStream(signal);
    this.streams.push(stream);
    return stream.response;
  }

  typing = () => new Response(null, { status: 204 });
  report = () => new Response('<!doctype html>', { status: 200 });
  erase = () => new Response(null, { status: 204 });

  sent(kind) {
    return this.requests.filter((request) => request.kind === kind);
  }

  get stream() {
    return this.streams.at(-1);
  }

  #kind(method, path) {
    if (method === 'DELETE') return 'erase';
    if (path === '') return 'create';
    if (path.endsWith('/events')) return 'events';
    if (path.endsWith('/report')) return 'report';
    if (path.endsWith('/typing')) return 'typing';
    return method === 'POST' ? 'send' : 'list';
  }
}

/** An event stream that the test writes. */
class OpenStream {
  #controller;
  isAborted = false;

  constructor(signal) {
    const body = new ReadableStream({ start: (controller) => (this.#controller = controller) });
    this.response = new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    signal.addEventListener('abort', () => {
      this.isAborted = true;
    });
  }

  write(text) {
    this.#controller.enqueue(new TextEncoder().encode(text));
    return settled();
  }

  writeBytes(bytes) {
    this.#controller.enqueue(bytes);
    return settled();
  }

  hello() {
    return this.write('event: hello\ndata: {}\n\n');
  }

  message(message) {
    return this.write(eventOf(message));
  }

  end() {
    this.#controller.close();
    return settled();
  }

  break() {
    this.#controller.error(new TypeError('network error'));
    return settled();
  }
}

export function eventOf(message) {
  return `id: ${message.seq}\nevent: message\ndata: ${JSON.stringify(message)}\n\n`;
}

export function reply(status, body = {}, headers = {}) {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Answers nothing until the request is aborted, like a server that hangs. */
export function hang(_request, { signal }) {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  });
}

export function cut() {
  throw new TypeError('Failed to fetch');
}
