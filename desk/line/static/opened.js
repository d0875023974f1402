/** Gives the chat of this browser the conversation that a link from LINE has opened. */

import { SessionStore } from '/static/widget/session_store.js';

const opened = /** @type {HTMLElement} */ (document.getElementById('opened'));
const { id, token, site } = /** @type {Record<string, string>} */ (opened.dataset);
new SessionStore(site || null).save({ id, token });
// In place of this page, so that "back" does not lead to a link that was used.
location.replace(site ? `/chat?site=${encodeURIComponent(site)}` : '/chat');
