/* The read-only log: what LINE told desk, and what desk asked of LINE. */

import { make } from "./flex.js";
import { clock } from "./messages.js";

function status(code, isGood) {
  return make("span", `status ${isGood ? "good" : "bad"}`, code);
}

export function webhook(entry) {
  const element = make("li");
  const kinds = entry.kinds.join("、") || "（なし）";
  element.append(`${clock(entry.at)} ${entry.note ? `【${entry.note}】` : ""}${kinds} `);
  const isGood = /^(…|2\d\d)$/.test(entry.status);
  element.append(status(entry.status, isGood));
  if (entry.milliseconds) element.append(` ${entry.milliseconds} ms`);
  return element;
}

export function call(entry) {
  const element = make("li");
  const details = make("details");
  const count = entry.body?.messages ? ` ${entry.body.messages.length}件` : "";
  const summary = make("summary", "", `${clock(entry.at)} ${entry.endpoint}${count} `);
  const isGood = entry.status >= 200 && entry.status < 300;
  summary.append(status(entry.status === 0 ? "切断" : String(entry.status), isGood));
  if (!isGood && entry.accepted) summary.append(" 届いている");
  details.append(summary);
  details.append(make("div", "", `${entry.method} ${entry.path}`));
  details.append(make("div", "", `x-line-request-id: ${entry.requestId}`));
  if (entry.retryKey) details.append(make("div", "", `X-Line-Retry-Key: ${entry.retryKey}`));
  if (entry.body) details.append(make("pre", "", JSON.stringify(entry.body, null, 2)));
  element.append(details);
  return element;
}
