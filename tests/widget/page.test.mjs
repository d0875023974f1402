import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

const FOLDER = new URL('../../web_widget/', import.meta.url);
const FILES = readdirSync(FOLDER);
const MODULES = FILES.filter((name) => name.endsWith('.js') && name !== 'loader.js');
const STYLES = FILES.filter((name) => name.endsWith('.css'));
const read = (name) => readFileSync(new URL(name, FOLDER), 'utf8');
const withoutComments = (text) =>
  text.replace(/^[ \t]*\/\*[\s\S]*?\*\/[ \t]*\n/gm, '').replace(/^[ \t]*\/\/.*\n/gm, '');
/** What desk sends (`shortened` in desk/chat/widget_bundle.py); the page itself goes out as it is. */
function served(name) {
  if (name.endsWith('.html')) return read(name);
  const text = withoutComments(read(name)).replace(/^[ \t]+/gm, '');
  if (name.endsWith('.css')) return text.replace(/\s*([{};,])\s*/g, '$1');
  return text.replace(/\/\*\* .*?\*\/ ?/g, '').replace(/\n{2,}/g, '\n');
}

/** What node finds wrong with a module. */
function syntaxErrors(code) {
  const folder = mkdtempSync(join(tmpdir(), 'served-'));
  const file = join(folder, 'served.mjs');
  writeFileSync(file, code);
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return stderr;
}

describe('what desk leaves out', () => {
  for (const name of MODULES) {
    test(`is not part of a text in ${name}`, () => {
      const lines = withoutComments(read(name)).split('\n');
      const open = lines.filter((line) => (line.match(/`/g) ?? []).length % 2 === 1);

      assert.deepEqual(open, [], 'a text over several lines would lose its indentation');
    });

    test(`leaves a program behind in ${name}`, () => {
      const texts = (code) => code.match(/'[^'\n]*'|`[^`\n]*`/g) ?? [];
      const types = /\/\*\* .*?\*\/ ?/g;

      assert.equal(syntaxErrors(served(name)), '');
      assert.deepEqual(texts(withoutComments(read(name))).filter((text) => types.test(text)), []);
    });
  }
});

describe('chat.html', () => {
  const page = read('chat.html');

  test('names one script, into which desk puts every module', () => {
    const named = [...page.matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, name]) => name);

    assert.deepEqual(named, ['/static/widget/chat.js']);
  });

  test('names every style sheet', () => {
    const named = [...page.matchAll(/stylesheet" href="\/static\/widget\/([^"]+)"/g)];

    assert.deepEqual(named.map(([, name]) => name).sort(), [...STYLES].sort());
  });

  test('has no inline script, style or handler and asks no other host for anything', () => {
    assert.doesNotMatch(page, /<style|style=|<script(?![^>]*src=)|\son\w+=/);
    assert.doesNotMatch(page, /(?:href|src|action)="(?:https?:)?\/\//);
  });

  test('lets the first question be sent without scripts', () => {
    assert.match(page, /<form method="post" action="\/chat"/);
    assert.match(page, /<textarea id="plain-text" name="text"/);
  });
});

describe('modules', () => {
  const sinks = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|srcdoc|setHTML|createContextualFragment|new Function|Range\(|javascript:/;

  for (const name of [...MODULES, 'loader.js']) {
    test(`${name} makes no markup from text`, () => {
      assert.doesNotMatch(read(name), sinks);
    });
  }

  const transport = ['chat_api', 'chat_client', 'message_receiver', 'outbox', 'session_store'];
  for (const name of [...transport, 'pause', 'sse_parser']) {
    test(`${name}.js touches no document`, () => {
      assert.doesNotMatch(withoutComments(read(`${name}.js`)), /\bdocument\b/);
    });
  }

  const view = ['view', 'message_list', 'cards', 'composer', 'radar', 'element'];
  for (const name of view) {
    test(`${name}.js fetches nothing`, () => {
      assert.doesNotMatch(
        withoutComments(read(`${name}.js`)),
        /\bfetch\(|XMLHttpRequest|sendBeacon/,
      );
    });
  }

  test('Japanese words stand in messages.js only', () => {
    for (const name of MODULES.filter((each) => each !== 'messages.js')) {
      const code = withoutComments(read(name)).replace(/\/\/.*|\/\*.*?\*\//g, '');
      const words = code.match(/[\u3040-\u30ff\u4e00-\u9fff]+/g) ?? [];
      assert.deepEqual(words, [], name);
    }
  });

  test('loader and panel speak to one origin only, over a port of their own', () => {
    const loader = read('loader.js');
    const bridge = read('host_bridge.js');

    assert.match(loader, /contentWindow\?\.postMessage\([^;]*, origin, \[channel\.port2\]\)/);
    assert.match(bridge, /event\.source !== this\.#host \|\| event\.origin !== this\.#origin/);
    assert.doesNotMatch(loader + bridge, /'\*'/);
  });

  test('the loader hangs nothing on the page itself', () => {
    const code = withoutComments(read('loader.js'));

    assert.doesNotMatch(code, /addEventListener|document\.cookie|localStorage|\bfetch\(/);
    assert.deepEqual(code.match(/window\.\w+ = /g), ['window.jinjibu = ']);
  });
});
