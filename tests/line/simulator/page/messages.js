/* One entry of the chat, as the person sees it. */

import { bubble, make, press } from "./flex.js";

const ADDRESS = /(https?:\/\/[^\s　、。」』）<>"']+)/;
const TIME = new Intl.DateTimeFormat("ja-JP", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const WAYS = { reply: "応答（無料）", push: "プッシュ（数に入る）", sent: "" };
const NAMES = { image: "写真", video: "動画", audio: "音声", imagemap: "画像の地図", coupon: "クーポン" };

export function clock(moment) {
  return TIME.format(new Date(moment));
}

/** Text with addresses that can be opened, as LINE makes them. */
function words(text) {
  const element = make("div", "say");
  for (const part of text.split(ADDRESS)) {
    if (ADDRESS.test(part)) {
      const link = make("a", "", part);
      link.href = part;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      element.append(link);
    } else if (part) {
      element.append(part);
    }
  }
  return element;
}

function standIn(message) {
  const texts = {
    sticker: () => `スタンプ ${message.packageId}/${message.stickerId}`,
    file: () => `ファイル ${message.fileName}`,
    location: () => `位置情報 ${message.title ?? ""} ${message.address ?? ""}`,
  };
  return make("div", "stands-for", texts[message.type]?.() ?? NAMES[message.type] ?? message.type);
}

function scroller(name, items) {
  const element = make("div", "scroller");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", name);
  element.tabIndex = 0;
  element.append(...items);
  return element;
}

function template(message, act) {
  const content = message.template;
  const card = (column, className = "") => {
    const element = make("div", `bubble template ${className}`);
    if (column.thumbnailImageUrl || column.imageUrl) element.append(make("div", "picture", "画像"));
    if (column.title) element.append(make("h4", "", column.title));
    if (column.text) element.append(make("p", "", column.text));
    const presses = make("div", "presses");
    const actions = column.actions ?? [column.action];
    presses.append(...actions.map((action) => press(action, act, "")));
    element.append(presses);
    return element;
  };
  if (content.columns) return scroller(message.altText, content.columns.map((c) => card(c)));
  return card(content, content.type);
}

function flex(message, act) {
  const contents = message.contents;
  if (contents.type === "bubble") return bubble(contents, act);
  return scroller(message.altText, contents.contents.map((one) => bubble(one, act)));
}

function content(message, act) {
  if (message.type === "text" || message.type === "textV2") return words(message.text);
  if (message.type === "flex") return flex(message, act);
  if (message.type === "template") return template(message, act);
  return standIn(message);
}

/**
 * @param shown One entry of the chat.
 * @param act Does an action of LINE's.
 * @param unsend Takes one of the person's own messages back, by id.
 */
export function entry(shown, act, unsend) {
  if (shown.isUnsent) {
    return make("div", "unsent", `${shown.author === "user" ? "あなた" : "相手"}がメッセージの送信を取り消しました`);
  }
  const isWide = ["flex", "template"].includes(shown.message.type);
  const element = make("div", `entry ${shown.author}${isWide ? " wide" : ""}`);
  const sender = shown.message.sender?.name;
  if (sender) element.append(make("div", "sender", sender));
  element.append(content(shown.message, act));
  const meta = make("div", "meta");
  meta.append(make("span", "", [clock(shown.at), WAYS[shown.how]].filter(Boolean).join("・")));
  if (shown.author === "user") {
    const back = make("button", "", "送信取消");
    back.type = "button";
    back.addEventListener("click", () => unsend(shown.id));
    meta.append(back);
  }
  element.append(meta);
  return element;
}
