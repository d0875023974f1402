/*
 * Puts the chat on any page:
 *   <script src="https://…/embed/matsumoto.js" async></script>
 * Optional: data-color="#0031d8", data-side="left", data-label="…".
 * Draws a button; the panel, a frame on our own origin, is made at the first opening.
 * window.jinjibu: open(), close(), toggle(), on(event, listener) with open, close, ready, unread;
 * mount() puts the button back that a page has thrown away.
 *
 * The page may have bent its prototypes, styles and addEventListener: so there are no listeners
 * but properties of our own nodes, no talk but over a port of our own, and the top layer.
 */
(() => {
  'use strict';
  // For /embed/SITE.js desk puts here what its table of sites says.
  const given = {};
  const script = /** @type {HTMLScriptElement|null} */ (document.currentScript);
  if (!script) return;
  const earlier = window.jinjibu;
  if (earlier && earlier.mount) {
    // Another loader, or a page that was exchanged brings its script again: one button is enough.
    earlier.mount();
    return;
  }

  const APP = 'jinjibu';
  const TEXTS = {
    open: '人のことを相談する',
    close: '相談を閉じる',
    panel: '地域の人事部 相談ナビ',
    unread: (/** @type {number} */ count) => `（未読${count}件）`,
    loading: '読み込んでいます',
    failed: 'つながりません。時間をおいて、もう一度お試しください。',
    apart: '別の画面で開く',
  };
  const LOAD_TIMEOUT_MS = 15000;
  /** @type {Record<string, string|undefined>} */
  const settings = { ...given, ...script.dataset };
  const { site = '', color = '', side = '', label = TEXTS.open } = settings;
  const origin = new URL(script.src).origin;
  /** @type {Record<string, ((value?: number) => void)[]>} */
  const listeners = {};
  /** @type {HTMLIFrameElement|null} */
  let frame = null;
  /** @type {MessagePort|null} */
  let port = null;
  let unread = 0;

  const STYLE = `
:host{all:initial!important;display:block!important;position:fixed!important;z-index:2147483647!important}
.root{--c:#0031d8;--t:#fff;font:16px/1.5 system-ui,-apple-system,"Hiragino Sans","Noto Sans JP",Meiryo,sans-serif;direction:ltr;text-align:left}
:host::backdrop{display:none!important}
[hidden]{display:none!important}
button,a{font:inherit;cursor:pointer}
.launch{position:fixed;z-index:2147483001;bottom:16px;right:16px;display:flex;gap:8px;align-items:center;min-height:56px;padding:8px 20px;border:2px solid var(--t);border-radius:28px;background:var(--c);color:var(--t);font-weight:700;box-shadow:0 2px 8px 1px #0003,0 1px 5px #0005}
.launch:hover{text-decoration:underline}
svg{width:24px;height:24px;fill:currentColor}
:focus-visible{outline:4px solid #000;outline-offset:2px;box-shadow:0 0 0 2px #ffd43d}
.count{min-width:24px;padding:0 6px;border-radius:12px;background:#ce0000;color:#fff;font-size:14px;line-height:24px;text-align:center}
.panel{position:fixed;z-index:2147483000;right:16px;bottom:88px;width:min(420px,calc(100vw - 32px));height:min(680px,calc(100dvh - 104px));border:1px solid #767676;border-radius:12px;overflow:hidden;background:#fff;color:#1a1a1a;box-shadow:0 6px 20px 4px #0002}
.left .launch,.left .panel{right:auto;left:16px}
iframe{position:absolute;inset:0;width:100%;height:100%;border:0}
.wait{display:grid;gap:16px;padding:24px;justify-items:start}
.wait p{margin:0}.wait a{color:#0031d8}
.wait button{min-height:44px;padding:8px 16px;border:1px solid #0031d8;border-radius:8px;background:#fff;color:#0031d8;font-weight:700}
@media(max-width:480px),(max-height:480px){.panel,.left .panel{inset:0;width:auto;height:auto;border:0;border-radius:0}.is-open .launch{display:none}}
@media(forced-colors:active){.launch{border-color:ButtonText}:focus-visible{outline-color:Highlight}}
@media print{.root{display:none}}`;

  /**
   * @template {keyof HTMLElementTagNameMap} T
   * @param {T} tag
   * @param {Record<string, string>} attributes
   * @param {(Node|string)[]} children
   */
  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const name in attributes) node.setAttribute(name, attributes[name]);
    node.append(...children);
    return node;
  };

  const host = make('div', { lang: 'ja' });
  const shadow = host.attachShadow({ mode: 'open' });
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute(
    'd',
    'M4 3h16a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V5c0-1.1.9-2 2-2z',
  );
  svg.append(path);
  const words = make('span', {}, label);
  const badge = make('span', { class: 'count', 'aria-hidden': 'true', hidden: '' });
  const launcher = make(
    'button',
    { type: 'button', class: 'launch', 'aria-expanded': 'false' },
    svg,
    words,
    badge,
  );
  const state = make('p', { role: 'status' });
  const away = make('button', { type: 'button' }, TEXTS.close);
  const apart = make('a', { target: '_blank', rel: 'noopener' }, TEXTS.apart);
  const wait = make('div', { class: 'wait' }, state, apart, away);
  const panel = make(
    'div',
    { class: 'panel', id: 'panel', role: 'dialog', 'aria-label': TEXTS.panel, hidden: '' },
    wait,
  );
  const root = make('div', { class: side === 'left' ? 'root left' : 'root' }, launcher, panel);
  launcher.setAttribute('aria-controls', 'panel');
  apart.href = address({});

  /** @param {Record<string, string>} query */
  function address(query) {
    const url = new URL('/chat', origin);
    if (site) url.searchParams.set('site', site);
    for (const name in query) url.searchParams.set(name, query[name]);
    return url.href;
  }

  /** @param {string} event @param {number} [value] */
  function emit(event, value) {
    for (const listener of listeners[event] || []) listener(value);
  }

  /** @param {'opened'|'closed'} type */
  function tell(type) {
    if (port) port.postMessage({ app: APP, type });
  }

  function paint() {
    const open = !panel.hidden;
    root.classList.toggle('is-open', open);
    launcher.setAttribute('aria-expanded', String(open));
    words.textContent = open ? TEXTS.close : label;
    badge.hidden = open || !unread;
    badge.textContent = String(unread);
    launcher.setAttribute(
      'aria-label',
      words.textContent + (badge.hidden ? '' : TEXTS.unread(unread)),
    );
  }

  function load() {
    state.textContent = TEXTS.loading;
    const made = make('iframe', { title: TEXTS.panel, hidden: '', allow: 'clipboard-write' });
    made.src = address({ embed: '1', host: location.origin });
    made.onload = () => connect(made);
    panel.append(made);
    frame = made;
    // The page must stay usable when our server is away: until the panel answers, only this shows.
    setTimeout(() => {
      if (port || !frame) return;
      state.textContent = TEXTS.failed;
      made.remove();
      frame = null;
    }, LOAD_TIMEOUT_MS);
  }

  function enter() {
    if (port) frame?.focus();
    else away.focus();
    tell('opened');
  }

  function open() {
    if (!panel.hidden) return;
    panel.hidden = false;
    unread = 0;
    if (!frame) load();
    paint();
    enter();
    emit('open');
  }

  function close() {
    if (panel.hidden) return;
    const inside = document.activeElement === host;
    panel.hidden = true;
    tell('closed');
    paint();
    if (inside) launcher.focus();
    emit('close');
  }

  const toggle = () => (panel.hidden ? open() : close());

  /* The port goes to our origin only, whatever the frame shows by now; nobody else can speak on it. */
  /** @param {HTMLIFrameElement} made */
  function connect(made) {
    const channel = new MessageChannel();
    channel.port1.onmessage = ({ data }) => hear(channel.port1, data);
    if (port) port.close();
    port = null;
    made.contentWindow?.postMessage({ app: APP, type: 'hello' }, origin, [channel.port2]);
  }

  /** @param {MessagePort} from @param {any} data */
  function hear(from, data) {
    if (!frame || !data || data.app !== APP) return;
    if (data.type === 'ready') {
      port = from;
      frame.hidden = false;
      wait.hidden = true;
      if (!panel.hidden) enter();
      emit('ready');
    } else if (data.type === 'close') close();
    else if (data.type === 'unread' && Number.isInteger(data.count) && panel.hidden) {
      unread = Math.max(0, Math.min(99, data.count));
      paint();
      emit('unread', unread);
    }
  }

  launcher.onclick = toggle;
  away.onclick = close;
  root.onkeydown = (event) => {
    if (event.key === 'Escape') close();
  };

  /* Text on the site's colour is white or black, whichever can be read better. */
  /** @param {string} hex */
  function readable(hex) {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const part = parseInt(hex.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff';
  }

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(root);
  if (/^#[0-9a-f]{6}$/i.test(color)) {
    root.style.setProperty('--c', color);
    root.style.setProperty('--t', readable(color));
  }
  paint();

  /* The top layer is above every z-index and outside every transform of the page. */
  function mount() {
    if (!host.isConnected) document.documentElement.append(host);
    try {
      host.popover = 'manual';
      host.showPopover();
    } catch {
      // An older browser, or it is shown already: then the z-index has to do.
    }
  }

  window.jinjibu = {
    open,
    close,
    toggle,
    mount,
    /** @param {string} event @param {(value?: number) => void} listener */
    on(event, listener) {
      (listeners[event] = listeners[event] || []).push(listener);
      return () => {
        listeners[event] = listeners[event].filter((each) => each !== listener);
      };
    },
  };
  (window.requestIdleCallback || setTimeout)(mount);
})();
