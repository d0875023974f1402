import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { parseRetryAfter } from '../../web_widget/chat_api.js';
import { characterCount, isSendKey } from '../../web_widget/composer.js';
import { authorName, dateText, dayText, problemText, yenText } from '../../web_widget/messages.js';

const enter = (more) => ({
  key: 'Enter',
  shiftKey: false,
  isComposing: false,
  keyCode: 13,
  timeStamp: 1000,
  ...more,
});

describe('isSendKey', () => {
  test('takes a plain Enter', () => {
    assert.equal(isSendKey(enter(), -Infinity), true);
    assert.equal(isSendKey(enter(), 900), true);
  });

  test('leaves Enter to a conversion that is going on', () => {
    assert.equal(isSendKey(enter({ isComposing: true }), -Infinity), false);
    assert.equal(isSendKey(enter({ keyCode: 229 }), -Infinity), false);
  });

  test('leaves the Enter that ended the conversion, which Safari reports after its end', () => {
    assert.equal(isSendKey(enter(), 999), false);
  });

  test('leaves Shift+Enter and other keys', () => {
    assert.equal(isSendKey(enter({ shiftKey: true }), -Infinity), false);
    assert.equal(isSendKey(enter({ key: 'a' }), -Infinity), false);
  });
});

describe('characterCount', () => {
  test('counts code points, as the server does', () => {
    assert.equal(characterCount('𠮷野家😀'), 4);
  });
});

describe('parseRetryAfter', () => {
  test('reads seconds and dates, and takes anything else for no wish', () => {
    const now = Date.parse('2026-11-22T00:00:00Z');

    assert.equal(parseRetryAfter('120', now), 120_000);
    assert.equal(parseRetryAfter('Sun, 22 Nov 2026 00:01:00 GMT', now), 60_000);
    assert.equal(parseRetryAfter('Sun, 22 Nov 2026 00:00:00 GMT', now + 5), 0);
    assert.equal(parseRetryAfter('soon', now), 0);
    assert.equal(parseRetryAfter(null, now), 0);
  });
});

describe('words', () => {
  test('say only as much of a date as is known', () => {
    assert.equal(dateText('2023-06-01'), '2023年6月1日');
    assert.equal(dateText('2023-06-01', 'month'), '2023年6月');
    assert.equal(dateText('2023-06'), '2023年6月');
    assert.equal(dateText('2023-06-01', 'year'), '2023年');
    assert.equal(dateText(null), '');
    assert.equal(dateText('soon'), '');
  });

  test('give the day of the week of a promise', () => {
    assert.equal(dayText('2026-11-26'), '2026年11月26日（木）');
  });

  test('separate the thousands of an amount', () => {
    assert.equal(yenText(1500000), '1,500,000円');
  });

  test('name every author', () => {
    assert.equal(authorName({ author: 'user' }), 'あなた');
    assert.equal(authorName({ author: 'bot', author_name: 'x' }), '相談ナビ（AI）');
    assert.equal(authorName({ author: 'staff', author_name: '佐藤' }), '担当者 佐藤');
    assert.equal(authorName({ author: 'staff', author_name: null }), '担当者');
    assert.equal(authorName({ author: 'staff', author_name: '担当者 佐藤' }), '担当者 佐藤');
  });

  test('have a sentence for every kind of problem, also for one of a later version', () => {
    const kinds = ['offline', 'timeout', 'busy', 'unavailable', 'expired', 'conflict', 'too_long'];
    for (const kind of [...kinds, 'refused', 'of a later version']) {
      for (const final of [true, false]) {
        assert.match(problemText({ kind, retryAfterMs: 0 }, { final }), /。$/);
      }
    }
  });

  test('say how long to wait when nothing is repeated by itself', () => {
    assert.match(problemText({ kind: 'busy', retryAfterMs: 90_000 }, { final: true }), /2分ほど/);
  });
});
