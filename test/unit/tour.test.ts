import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readPlainly } from '../../src/cli/read-plainly.js';
import { COMMANDS } from '../../src/cli/commands.js';

/* docs/tour.cast is recorded by hand, with `npm run tour`. */

type Event = readonly [seconds: number, kind: string, text: string];
const [header = '', ...lines] = readFileSync('docs/tour.cast', 'utf8').trimEnd().split('\n');
const events = lines.map((line) => JSON.parse(line) as Event);
const screen = events
  .map(([, , text]) => text)
  .join('')
  // eslint-disable-next-line no-control-regex
  .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');

it('is a cast that players take (asciicast v2)', () => {
  expect(JSON.parse(header)).toMatchObject({ version: 2, width: 100, height: 32 });
  const times = events.map(([seconds]) => seconds);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(new Set(events.map(([, kind]) => kind))).toEqual(new Set(['o']));
});

it('types commands that there are, and the rehearsal in it went well', () => {
  const typed = [...screen.matchAll(/^\$ sandstorm-airgap (.*?)\r$/gm)].map(([, words = '']) =>
    words.split(' '),
  );
  expect(typed.length).toBeGreaterThan(3);
  for (const words of typed) {
    expect(words[0] === '--help' || readPlainly(words, COMMANDS), words.join(' ')).toBeTruthy();
  }
  expect(screen).toContain('Nothing was left on this machine.');
});
