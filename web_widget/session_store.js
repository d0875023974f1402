/**
 * Keeps the conversation's id and token on this device, and nothing else: never the transcript.
 *
 * Where storage is refused (private windows, blocked third-party storage) every access may throw;
 * then the session lives in memory until the page is closed, and `persistent` says so.
 *
 * Tabs of one device share what is saved: `watch` tells what another tab did to it, `alone` keeps two
 * tabs from beginning a conversation each.
 */

const PREFIX = 'jinjibu.chat.v1';
/** A tab that was frozen while it was alone must not hold up the others. */
const ALONE_MS = 10_000;

export class SessionStore {
  #key;
  #open;
  #locks;
  /** @type {Session|null} */
  #memory = null;

  /** True while what is saved here will survive a reload. */
  persistent = true;

  /**
   * @param {string|null} site  conversations of different sites are kept apart
   * @param {() => Storage} [openStorage]  may throw; reading `window.localStorage` itself can
   * @param {LockManager|null} [locks]
   */
  constructor(
    site,
    openStorage = () => globalThis.localStorage,
    locks = globalThis.navigator?.locks ?? null,
  ) {
    this.#locks = locks;
    this.#key = site ? `${PREFIX}:${site}` : PREFIX;
    this.#open = openStorage;
    this.#attempt((storage) => {
      storage.setItem(`${PREFIX}.probe`, '1');
      storage.removeItem(`${PREFIX}.probe`);
    });
  }

  /** @returns {Session|null} */
  load() {
    const raw = this.#attempt((storage) => storage.getItem(this.#key));
    if (!this.persistent) return this.#memory;
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

  /** @param {() => void} onChange  another tab has saved a session, or taken it off this device */
  watch(onChange) {
    globalThis.addEventListener?.('storage', (event) => {
      if (event.key === this.#key || event.key === null) onChange();
    });
  }

  /**
   * Does something while no other tab does the same, if the browser can see to that.
   *
   * @template T
   * @param {() => Promise<T>} work  done exactly once
   * @returns {Promise<T>}
   */
  async alone(work) {
    /** @type {Promise<T>|null} */
    let done = null;
    const once = () => (done ??= work());
    try {
      const signal = AbortSignal.timeout(ALONE_MS);
      await this.#locks?.request(this.#key, { signal }, once);
    } catch {
      // No locks here, or no turn in time; what `work` itself throws is thrown below.
    }
    return once();
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
