/* The page: asks for the state as long as it is open, and draws what has changed. */

import { make } from "./flex.js";
import { call, webhook } from "./log.js";
import { entry } from "./messages.js";

const PAUSE_MS = 1000;
const find = (id) => document.getElementById(id);
let state = null;
let chosen = null;
let version = "";
let asking = null;
let isMenuOpen = true;
const drawn = new Map();

async function act(deed) {
  const response = await fetch("/simulator/act", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(deed),
  });
  find("trouble").textContent = response.ok ? "" : `できませんでした：${(await response.json()).detail}`;
}

const doAs = (what, more = {}) => act({ do: what, user: state.user, ...more });
const doFor = (what, more = {}) => act({ do: what, account: state.account, ...more });
const tap = (action) => doAs("tap", { action });
const unsend = (id) => doAs("unsend", { id });

/** Draw a list anew only where its entries have changed, so that focus and place stay. */
function keep(parent, items, draw) {
  const before = drawn.get(parent) ?? [];
  const now = items.map((item) => JSON.stringify(item));
  let number = 0;
  for (const [place, text] of now.entries()) {
    if (before[place] !== text) {
      const made = draw(items[place]);
      if (parent.children[place]) parent.children[place].replaceWith(made);
      else parent.append(made);
    }
    number = place + 1;
  }
  while (parent.children.length > number) parent.lastElementChild.remove();
  drawn.set(parent, now);
  return before.length !== now.length || before.at(-1) !== now.at(-1);
}

function person(one) {
  const item = make("li");
  const button = make("button", "", one.name);
  button.type = "button";
  button.setAttribute("aria-current", String(one.id === state.user));
  const words = one.isBlocked ? "ブロック中" : one.isFriend ? `${one.count}件` : "友だちでない";
  const hint = state.accounts.length > 1 ? `${one.account} ` : "";
  button.append(make("small", "", hint + words));
  button.addEventListener("click", () => choose(one.id));
  item.append(button);
  return item;
}

function quick(action) {
  const item = make("li");
  const button = make("button", "", action.label);
  button.type = "button";
  button.addEventListener("click", () => {
    if (action.type === "uri") window.open(action.uri, "_blank", "noopener");
    else tap(action);
  });
  item.append(button);
  return item;
}

function menu(given) {
  const element = make("div");
  const toggle = make("button", "toggle", `${given.chatBarText} ${isMenuOpen ? "▼" : "▲"}`);
  toggle.type = "button";
  toggle.setAttribute("aria-expanded", String(isMenuOpen));
  toggle.addEventListener("click", () => {
    isMenuOpen = !isMenuOpen;
    drawn.delete(find("menu"));
    drawMenu();
  });
  element.append(toggle);
  if (!isMenuOpen) return element;
  const picture = make("div", "menu-picture");
  const image = make("img");
  image.src = `/simulator/menu/${given.account}/${given.richMenuId}`;
  image.alt = "";
  picture.append(image);
  for (const { bounds, action } of given.areas) {
    const area = make("button", "", action.label ?? action.text ?? action.displayText ?? action.uri);
    area.type = "button";
    const shares = {
      left: bounds.x / given.size.width,
      width: bounds.width / given.size.width,
      top: bounds.y / given.size.height,
      height: bounds.height / given.size.height,
    };
    for (const [name, part] of Object.entries(shares)) area.style.setProperty(name, `${part * 100}%`);
    area.addEventListener("click", () => {
      if (action.type === "uri") window.open(action.uri, "_blank", "noopener");
      else tap(action);
    });
    picture.append(area);
  }
  element.append(picture);
  return element;
}

function drawMenu() {
  keep(find("menu"), state.menu ? [state.menu] : [], menu);
}

function drawAccount() {
  const account = state.accounts.find((one) => one.name === state.account);
  const self = state.people.find((one) => one.id === state.user);
  find("talk-title").textContent = account.displayName;
  find("block").textContent = self.isFriend && !self.isBlocked ? "ブロックする" : self.isBlocked ? "ブロックを解く" : "友だちに追加する";
  find("quota-limit").textContent = account.quota === null ? "なし" : `${account.quota}通`;
  if (document.activeElement !== find("quota-used")) find("quota-used").value = account.used;
  find("fault-list").textContent = account.faults.length ? `いま：${account.faults.join("、")}` : "いま：何も起きません";
  find("redeliver").textContent = `失敗した通知を再送する（${state.undelivered}件）`;
}

function draw() {
  drawAccount();
  keep(find("people"), state.people.map((one) => ({ ...one, isSelf: one.id === state.user })), person);
  keep(find("add-account"), state.accounts.map((one) => one.name), (name) => make("option", "", name));
  find("add-account").hidden = state.accounts.length < 2;
  const chat = find("chat");
  const isNew = keep(chat, state.chat, (shown) => entry(shown, tap, unsend));
  keep(find("quick"), state.quickReplies, quick);
  const dots = state.isLoading ? "入力中…" : "";
  if (find("loading").textContent !== dots) find("loading").textContent = dots;
  drawMenu();
  keep(find("webhooks"), [...state.webhooks].reverse(), webhook);
  keep(find("calls"), [...state.calls].reverse(), call);
  if (isNew) chat.scrollTop = chat.scrollHeight;
}

function choose(id) {
  chosen = id;
  version = "";
  asking?.abort();
}

async function watch() {
  for (;;) {
    asking = new AbortController();
    const query = new URLSearchParams({ seen: version, ...(chosen ? { user: chosen } : {}) });
    try {
      const response = await fetch(`/simulator/state?${query}`, { signal: asking.signal });
      if (response.status === 200) {
        const answer = await response.json();
        version = answer.version;
        state = answer.state;
        chosen ??= state.user;
        draw();
        document.body.dataset.ready = "true";
      } else if (!response.ok) {
        // Started anew: the people of before are gone.
        chosen = null;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } catch (error) {
      if (error.name !== "AbortError") {
        find("trouble").textContent = "シミュレーターにつながりません。";
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }
}

function listen() {
  const onSubmit = (id, work) => find(id).addEventListener("submit", (event) => {
    event.preventDefault();
    work();
  });
  const send = () => {
    const text = find("words").value;
    if (!text.trim()) return;
    find("words").value = "";
    doAs("say", { text });
  };
  onSubmit("write", send);
  find("words").addEventListener("keydown", (event) => {
    // Safari ends the composition before this event: 229 tells that it was one.
    const isComposing = event.isComposing || event.keyCode === 229;
    if (event.key === "Enter" && !event.shiftKey && !isComposing) {
      event.preventDefault();
      send();
    }
  });
  for (const button of document.querySelectorAll("[data-kind]")) {
    button.addEventListener("click", () => doAs("media", { kind: button.dataset.kind }));
  }
  find("block").addEventListener("click", () => {
    const self = state.people.find((one) => one.id === state.user);
    doAs(self.isFriend && !self.isBlocked ? "block" : "follow");
  });
  onSubmit("add", () => {
    doFor("add", { account: find("add-account").value || state.account, name: find("add-name").value });
    find("add-name").value = "";
  });
  onSubmit("faults", () => doFor("fault", {
    fault: find("fault").value, on: find("fault-on").value, times: Number(find("fault-times").value),
  }));
  onSubmit("quota", () => doFor("quota", { used: Number(find("quota-used").value) }));
  find("expire").addEventListener("click", () => doAs("expire"));
  for (const deed of ["heal", "again", "redeliver", "verify"]) {
    find(deed).addEventListener("click", () => doFor(deed));
  }
}

listen();
watch();
