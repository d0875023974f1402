import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

const css = readFileSync(new URL('../../web_widget/widget.css', import.meta.url), 'utf8');
const tokensOf = (block) =>
  Object.fromEntries([...block.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6});/g)].map((m) => m.slice(1)));
const light = tokensOf(/:root \{([\s\S]*?)\n\}/.exec(css)[1]);
const dark = {
  ...light,
  ...tokensOf(/prefers-color-scheme: dark\) \{\s*:root \{([\s\S]*?)\n {2}\}/.exec(css)[1]),
};

const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
function luminance(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => channel(Number.parseInt(colour.slice(at, at + 2), 16) / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(first, second) {
  const [low, high] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Text on its ground: 4.5:1 (WCAG 1.4.3). */
const TEXT = [
  ['text', ['ground', 'surface', 'surface-2', 'notice-ground', 'chosen', 'good-ground']],
  ['text-2', ['ground', 'surface', 'surface-2', 'notice-ground']],
  ['primary', ['surface', 'surface-2', 'chosen']],
  ['primary-hover', ['surface']],
  ['on-primary', ['primary', 'primary-hover']],
  ['own-text', ['own']],
  ['danger', ['surface', 'danger-ground']],
  ['surface', ['danger', 'weak']],
  ['good', ['surface', 'good-ground']],
  ['warn', ['surface', 'warn-ground']],
];
/** What tells a control, its state or a part of a figure apart: 3:1 (WCAG 1.4.11). */
const PARTS = [
  ['line-control', ['surface', 'surface-2']],
  ['primary', ['surface', 'surface-2', 'ground']],
  ['weak', ['surface']],
  ['danger', ['surface']],
  ['focus', ['surface', 'surface-2', 'ground', 'own']],
];

for (const [scheme, tokens] of Object.entries({ light, dark })) {
  describe(`contrast in ${scheme}`, () => {
    test('every token that is used has a colour', () => {
      const named = [...css.matchAll(/var\(--([\w-]+)\)/g)].map((match) => match[1]);
      const others = ['font', 'viewport-height', 'viewport-top'];

      const missing = named.filter((name) => !others.includes(name) && !(`--${name}` in tokens));
      assert.deepEqual(missing, []);
    });

    for (const [pairs, least] of [[TEXT, 4.5], [PARTS, 3]]) {
      for (const [front, grounds] of pairs) {
        for (const ground of grounds) {
          test(`${front} on ${ground} is at least ${least}:1`, () => {
            const found = contrast(tokens[`--${front}`], tokens[`--${ground}`]);

            assert.ok(found >= least, found.toFixed(2));
          });
        }
      }
    }
  });
}

test('the measure is that of WCAG', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.equal(contrast('#767676', '#ffffff').toFixed(2), '4.54');
});
