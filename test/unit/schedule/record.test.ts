import { describe, expect, it } from 'vitest';
import {
  allowAgain,
  NOTHING_TRIED,
  parseRecord,
  triedBefore,
  usualDuration,
  withAttempt,
  type Attempt,
} from '../../../src/schedule/record.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const attempt = (more: Partial<Attempt> = {}): Attempt => ({
  sha256: A,
  path: '/srv/drop/sandstorm-309.tar.xz',
  build: 309,
  startedAt: '2026-11-22T01:00:00.000Z',
  endedAt: '2026-11-22T01:04:00.000Z',
  ended: 'failed',
  code: 'E_UPDATE_UNDONE',
  message: 'it did not answer',
  ...more,
});
const recordOf = (...attempts: Attempt[]): ReturnType<typeof withAttempt> =>
  attempts.reduce(withAttempt, NOTHING_TRIED);

describe('the record of tarballs', () => {
  it('comes back from the disk as it was', () => {
    const record = {
      ...recordOf(attempt(), attempt({ sha256: B, ended: 'updated', code: null })),
      told: 'x',
    };
    expect(parseRecord(JSON.stringify(record), 'tried.json')).toEqual(record);
  });

  it.each([
    ['nothing', ''],
    ['zeros, as a power cut leaves them', '\0'.repeat(100)],
    ['half', JSON.stringify(recordOf(attempt())).slice(0, -20)],
    ['another version', JSON.stringify({ ...NOTHING_TRIED, version: 2 })],
    ['an outcome nobody knows', JSON.stringify(recordOf(attempt({ ended: 'perhaps' as never })))],
    ['a hash that is none', JSON.stringify(recordOf(attempt({ sha256: 'x' })))],
    ['null', 'null'],
    ['attempts that are none', '{"version":1,"attempts":[null],"hashed":[]}'],
  ])('is refused rather than guessed at when it is %s', (_, text) => {
    expect(() => parseRecord(text, 'tried.json')).toThrow(
      expect.objectContaining({ code: 'E_SCHEDULE_RECORD' }),
    );
  });

  it.each([
    ['failed', true],
    ['updated', true],
    // The power went in the middle.
    ['begun', true],
    ['not-ready', false],
    ['again', false],
  ] as const)('keeps from trying again what ended as %s: %s', (ended, kept) => {
    expect(triedBefore(recordOf(attempt({ ended })), A) !== undefined).toBe(kept);
    expect(triedBefore(recordOf(attempt({ ended })), B)).toBeUndefined();
  });

  it('goes by the last try', () => {
    const first = attempt({ ended: 'not-ready' });
    const second = attempt({ ended: 'failed', startedAt: '2026-11-23T01:00:00.000Z' });
    expect(triedBefore(recordOf(first, second), A)).toMatchObject({ ended: 'failed' });
    expect(
      triedBefore(recordOf(second, { ...first, startedAt: '2026-11-24T01:00:00.000Z' }), A),
    ).toBeUndefined();
  });

  it('has a try once, however often its end is written', () => {
    const record = recordOf(attempt({ ended: 'begun' }), attempt({ ended: 'updated' }));
    expect(record.attempts).toEqual([attempt({ ended: 'updated' })]);
  });

  it('lets all that failed be tried again, or one by the beginning of its hash', () => {
    const record = recordOf(
      attempt(),
      attempt({ sha256: B, ended: 'begun' }),
      attempt({ sha256: 'c'.repeat(64), ended: 'updated' }),
    );
    const all = allowAgain(record, undefined);
    expect(all.allowed.map(({ sha256 }) => sha256[0])).toEqual(['a', 'b']);
    expect(triedBefore(all.record, A)).toBeUndefined();
    expect(triedBefore(all.record, 'c'.repeat(64))).toBeDefined();
    // Taken back by hand, and wanted after all.
    const one = allowAgain(record, 'cccc');
    expect(one.allowed).toHaveLength(1);
    expect(triedBefore(one.record, 'c'.repeat(64))).toBeUndefined();
    expect(triedBefore(one.record, A)).toBeDefined();
    expect(allowAgain(all.record, undefined).allowed).toEqual([]);
  });

  it('does not grow for ever', () => {
    let record = NOTHING_TRIED;
    for (let n = 0; n < 600; n += 1) {
      record = withAttempt(record, attempt({ sha256: n.toString(16).padStart(64, '0') }));
    }
    expect(record.attempts).toHaveLength(500);
    expect(record.attempts.at(-1)?.sha256).toBe((599).toString(16).padStart(64, '0'));
  });

  it('knows how long an update takes from those that went well', () => {
    expect(usualDuration(NOTHING_TRIED)).toBeUndefined();
    expect(usualDuration(recordOf(attempt()))).toBeUndefined();
    const record = recordOf(
      attempt({ ended: 'updated' }),
      attempt({ sha256: B, ended: 'updated', endedAt: '2026-11-22T01:07:00.000Z' }),
    );
    expect(usualDuration(record)).toBe(7 * 60_000);
  });
});
