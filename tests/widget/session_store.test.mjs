import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { SessionStore } from '../../web_widget/session_store.js';
import { MapStorage } from './twins.mjs';

const SESSION = { id: 'c1', token: 't1' };
const refuse = () => {
  throw new DOMException('denied', 'SecurityError');
};

describe('SessionStore', () => {
  test('gives back after a reload what was saved, for the same site only', () => {
    const storage = new MapStorage();
    new SessionStore('tsubame', () => storage).save(SESSION);

    assert.deepEqual(new SessionStore('tsubame', () => storage).load(), SESSION);
    assert.equal(new SessionStore('matsumoto', () => storage).load(), null);
    assert.equal(new SessionStore(null, () => storage).load(), null);
  });

  test('writes nothing but the id and the token', () => {
    const storage = new MapStorage();

    new SessionStore(null, () => storage).save({ ...SESSION, transcript: ['secret'] });

    assert.deepEqual([...storage.values.values()], [JSON.stringify(SESSION)]);
  });

  test('keeps the session in memory where storage cannot even be read', () => {
    const store = new SessionStore(null, refuse);
    store.save(SESSION);

    assert.equal(store.persistent, false);
    assert.deepEqual(store.load(), SESSION);
  });

  test('keeps the session in memory where storage is full', () => {
    const storage = new MapStorage();
    storage.setItem = refuse;
    const store = new SessionStore(null, () => storage);
    store.save(SESSION);

    assert.equal(store.persistent, false);
    assert.deepEqual(store.load(), SESSION);
  });

  test('forgets the session when it is cleared', () => {
    const storage = new MapStorage();
    const store = new SessionStore(null, () => storage);
    store.save(SESSION);

    store.clear();

    assert.equal(store.load(), null);
    assert.equal(storage.values.size, 0);
  });

  for (const raw of ['', 'no json', '[]', 'null', '{"id":"c1"}', '{"id":1,"token":"t"}']) {
    test(`takes ${JSON.stringify(raw)} for no session`, () => {
      const storage = new MapStorage();
      storage.setItem('jinjibu.chat.v1', raw);

      assert.equal(new SessionStore(null, () => storage).load(), null);
    });
  }
});
