/**
 * Keeps the conversation's id and token on this device, and nothing else: never the transcript.
 *
 * Where storage is refused (private windows, blocked third-party storage) every access may throw;
 * then the session lives in memory until the page is closed, and `persistent` says so.
 */

const PREFIX = 'jinjibu.chat.v1';

export class SessionStore {
  #key;
  #open;
  /** @type {Session|null} */
  #memory = null;

  /** True while what is saved here will survive a reload. */
  persistent = true;

  /**
   * @param {string|null} site  conversations of different sites are kept apart
   * @param {() => Storage} [openStorage]  may throw; reading `window.localStorage` itself can
   */
  constructor(site, openStorage = () => globalThis.localStorage) {
    this.#key = site ? `${PREFIX}:${site}` : PREFIX;
    this.#open = openStorage;
    this.#attempt((storage) => {
      storage.setItem(`${PREFIX}.probe`, '1');
      storage.removeItem(`${PREFIX}.probe`);
    });
  }

  /** @returns {Session|null} */
  load() {
    if (this.#memory) return this.#memory;
    const raw = this.#attempt((storage) => storage.getItem(this.#key));
    return raw ? parseSession(raw) : null;
  }

  /** @param {Session} session */
  save(session) {
    this.#memory = session;
    const raw = JSON.stringify({ id: session.id, token: session.token });
    this.#attempt((storage) => storage.setItem(this.#key, raw));
  }

  clear() {
    this.#memory = null;
    this.#attempt((storage) => storage.removeItem(this.#key));
  }

  /**
   * @template T
   * @param {(storage: Storage) => T} action
   * @returns {T|null}
   */
  #attempt(action) {
    try {
      return action(this.#open());
    } catch {
      this.persistent = false;
      return null;
    }
  }
}

/**
 * @param {string} raw
 * @returns {Session|null} null when another program or an older version wrote something else
 */
function parseSession(raw) {
  try {
    const value = JSON.parse(raw);
    const valid = typeof value?.id === 'string' && typeof value?.token === 'string';
    return valid ? { id: value.id, token: value.token } : null;
  } catch {
    return null;
  }
}
