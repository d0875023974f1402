/**
 * Opens the diagnosis report beside the chat. It needs the conversation's token, so it is fetched
 * and shown from memory; no token stands in an address.
 */

/** @type {string|null} */
let shown = null;

/**
 * Call within the click, or the browser refuses the new window.
 *
 * @param {() => Promise<string>} fetchReport
 * @returns {Promise<boolean>} false when the browser refused the window
 */
export async function openReport(fetchReport) {
  const target = globalThis.open('about:blank', '_blank');
  if (!target) return false;
  target.opener = null;
  let html;
  try {
    html = await fetchReport();
  } catch (error) {
    target.close();
    throw error;
  }
  if (shown) URL.revokeObjectURL(shown);
  shown = URL.createObjectURL(new Blob([absolute(html)], { type: 'text/html;charset=utf-8' }));
  target.location.replace(shown);
  return true;
}

/**
 * A document from memory has no host of its own: addresses like /static/x must become whole.
 *
 * @param {string} html
 */
function absolute(html) {
  return html.replace(/\b(href|src)="\/(?!\/)/g, `$1="${globalThis.location.origin}/`);
}
