import { describe, expect, it } from 'vitest';
import { parseJournal } from '../../../src/journal/record.js';

const line = (entry: object): string =>
  `${JSON.stringify({ v: 1, at: '2026-11-22T02:13:00.000Z', ...entry })}\n`;
const BEGIN = line({
  event: 'begin',
  operation: 'update',
  home: '/opt/sandstorm',
  plan: { to: 'sandstorm-309' },
});
const WHOLE =
  BEGIN +
  line({ event: 'step-begins', step: 'stop' }) +
  line({ event: 'step-ends', step: 'stop' }) +
  line({ event: 'step-begins', step: 'start', at: '2026-11-22T02:14:00.000Z' });

const parse = (text: string): ReturnType<typeof parseJournal> => parseJournal('id', '/runs/id', text);

describe('a journal', () => {
  it('of which the line with the turn is lost still tells that it had turned', () => {
    const lines = WHOLE.split('\n').filter((line) => !line.includes('"event":"end"'));
    const begun = '{"v":1,"at":"2026-11-22T02:14:00.000Z","event":"undo-begins","step":"start"}';
    expect(parse([...lines, begun].join('\n'))).toMatchObject({ turnedBack: true, stepOpen: 'start' });
  });

  it('tells what was done, and what was begun', () => {
    expect(parse(WHOLE)).toEqual({
      id: 'id',
      dir: '/runs/id',
      operation: 'update',
      home: '/opt/sandstorm',
      plan: { to: 'sandstorm-309' },
      startedAt: '2026-11-22T02:13:00.000Z',
      endedAt: undefined,
      outcome: undefined,
      message: undefined,
      stepsDone: ['stop'],
      stepsBegun: ['stop', 'start'],
      stepOpen: 'start',
      turnedBack: false,
      undone: [],
    });
  });

  it('tells that it had turned back, and that somebody has taken it up since', () => {
    const turned = WHOLE + line({ event: 'turns-back', steps: ['start'], why: 'x' });
    expect(parse(turned)).toMatchObject({
      turnedBack: true,
      stepOpen: undefined,
      stepsBegun: ['stop', 'start'],
    });
    const failed =
      turned + line({ event: 'undo-begins', step: 'stop' }) + line({ event: 'end', outcome: 'failed' });
    expect(parse(failed)).toMatchObject({ outcome: 'failed', stepOpen: 'stop' });
    expect(parse(failed + line({ event: 'taken-up', by: 'abort' }))).toMatchObject({ outcome: undefined });
  });

  it('tells of a step that is made again', () => {
    const again =
      WHOLE + line({ event: 'taken-up', by: 'resume' }) + line({ event: 'step-begins', step: 'stop' });
    expect(parse(again)).toMatchObject({ stepsDone: [], stepOpen: 'stop', stepsBegun: ['stop', 'start'] });
  });

  it('tells how it ended', () => {
    const ended = parse(WHOLE + line({ event: 'end', outcome: 'undone', message: 'why' }));
    expect(ended).toMatchObject({ outcome: 'undone', message: 'why', endedAt: '2026-11-22T02:13:00.000Z' });
  });

  it('is read as far as it is whole, wherever the power went', () => {
    const last = line({ event: 'end', outcome: 'done' });
    const before = parse(WHOLE);
    for (let length = 0; length < last.length - 1; length += 1) {
      expect(parse(WHOLE + last.slice(0, length))).toEqual(before);
    }
    // Only the line's end is missing: nothing of what it says is lost.
    expect(parse(WHOLE + last.trimEnd())?.outcome).toBe('done');
  });

  it('is none when not even its first line is whole', () => {
    for (let length = 0; length < BEGIN.length - 1; length += 1)
      expect(parse(BEGIN.slice(0, length))).toBeUndefined();
  });

  it.each([
    ['empty', ''],
    ['zeros, as a power cut leaves them', '\0'.repeat(4096)],
    ['text', 'nothing of ours\n'],
    ['JSON of other kinds', '1\nnull\n[]\n"begin"\n{}\n'],
    ['another version', BEGIN.replace('"v":1', '"v":2')],
    ['another operation', BEGIN.replace('"update"', '"erase"')],
    ['no beginning', line({ event: 'step-begins', step: 'stop' })],
  ])('is none when it is %s', (_, text) => {
    expect(parse(text)).toBeUndefined();
  });

  it('leaves out lines it does not understand', () => {
    const odd = `${BEGIN}garbage\n${line({ event: 'step-begins' })}${line({ event: 'end', outcome: 'splendid' })}`;
    expect(parse(odd)).toMatchObject({ outcome: undefined, stepsDone: [], stepOpen: undefined });
  });
});
