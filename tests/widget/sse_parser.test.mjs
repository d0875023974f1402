import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { SseParser } from '../../web_widget/sse_parser.js';

const STREAM =
  'retry: 1500\nevent: hello\ndata: {}\n\n: ping\n\nid: 7\nevent: message\ndata: {"a":\ndata: 1}\n\n';
const EVENTS = [
  { event: 'hello', data: '{}', id: '' },
  { event: 'message', data: '{"a":\n1}', id: '7' },
];

describe('SseParser', () => {
  test('gives the same events wherever the stream is cut', () => {
    for (let at = 0; at <= STREAM.length; at += 1) {
      const parser = new SseParser();

      const events = [...parser.push(STREAM.slice(0, at)), ...parser.push(STREAM.slice(at))];

      assert.deepEqual(events, EVENTS, `cut at ${at}`);
      assert.equal(parser.retryMs, 1500);
    }
  });

  for (const [name, lineEnd] of [
    ['CR', '\r'],
    ['CRLF', '\r\n'],
  ]) {
    test(`takes ${name} as line end, cut anywhere`, () => {
      const stream = STREAM.replaceAll('\n', lineEnd);
      for (let at = 0; at <= stream.length; at += 1) {
        const parser = new SseParser();

        const events = [...parser.push(stream.slice(0, at)), ...parser.push(stream.slice(at))];

        assert.deepEqual(events, EVENTS, `cut at ${at}`);
      }
    });
  }

  test('gives nothing for comments and for an event that is not yet complete', () => {
    const parser = new SseParser();

    assert.deepEqual(parser.push(': ping\n\ndata: x\n'), []);
    assert.deepEqual(parser.push('\n'), [{ event: 'message', data: 'x', id: '' }]);
  });

  test('ignores a byte order mark and fields it does not know', () => {
    const events = new SseParser().push('\uFEFFdata:a\ncolour: red\ndata\n\n');

    assert.deepEqual(events, [{ event: 'message', data: 'a\n', id: '' }]);
  });
});
