import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { cronTimes, onCalendar, spread } from '../../../src/schedule/ticks.js';
import { openingAt, parseWindow } from '../../../src/schedule/window.js';
import { requireReal } from '../../helpers/real-parts.js';

const WINDOWS = [
  '02:00-04:00',
  'Sat 22:00-04:00',
  'Mon..Fri 22:30-01:10',
  'Sun 23:50-00:20',
  '00:00-24:00',
  'Sat,Sun 12:07-12:59',
];
const window = (text: string): ReturnType<typeof parseWindow> => parseWindow(text, '--window');

describe('the times at which the drop folder is looked into', () => {
  it('are written for systemd', () => {
    expect(onCalendar(window('02:00-04:00'))).toEqual(['*-*-* 02..03:00,15,30,45:00']);
    expect(onCalendar(window('Sat 22:30-04:00'))).toEqual([
      'Sat *-*-* 22:30,45:00',
      'Sat *-*-* 23:00,15,30,45:00',
      'Sun *-*-* 00..03:00,15,30,45:00',
    ]);
  });

  it('are written for cron', () => {
    expect(cronTimes(window('02:00-04:00'))).toEqual(['0,15,30,45 2-3 * * *']);
    expect(cronTimes(window('Mon..Fri 22:30-01:10'))).toEqual([
      '30,45 22 * * 1,2,3,4,5',
      '0,15,30,45 23 * * 1,2,3,4,5',
      '0,15,30,45 0 * * 2,3,4,5,6',
      '0 1 * * 2,3,4,5,6',
    ]);
  });

  it('are all within the window, of cron as well, in a week without a change of the clock', () => {
    for (const text of WINDOWS) {
      const ticks = cronTicks(cronTimes(window(text)));
      expect(ticks.length).toBeGreaterThan(0);
      const outside = ticks.filter((at) => openingAt(window(text), at) === undefined);
      expect({ text, outside }).toEqual({ text, outside: [] });
    }
  });

  it('are spread by less than a short window is long', () => {
    expect(WINDOWS.map((text) => spread(window(text)))).toEqual([5, 5, 5, 5, 5, 5]);
    expect(spread(window('02:00-02:15'))).toBe(2);
  });
});

/** Every minute of a week that a crontab names. */
function cronTicks(lines: readonly string[]): Date[] {
  const ticks: Date[] = [];
  for (let minute = 0; minute < 7 * 24 * 60; minute += 1) {
    const at = new Date(2026, 5, 1, 0, minute);
    if (lines.some((line) => cronMatches(line, at))) ticks.push(at);
  }
  return ticks;
}

function cronMatches(line: string, at: Date): boolean {
  const [minutes = '', hours = '', , , days = ''] = line.split(' ');
  const has = (field: string, value: number): boolean =>
    field === '*' ||
    field.split(',').some((part) => {
      const [first = NaN, last = first] = part.split('-').map(Number);
      return first <= value && value <= last;
    });
  return has(minutes, at.getMinutes()) && has(hours, at.getHours()) && has(days, at.getDay());
}

describe.skipIf(!requireReal("systemd's reading of times", ['systemd-analyze']))('of systemd', () => {
  it.each(WINDOWS)('are within the window %s, also when the clock changes', (text) => {
    for (const [zone, from] of [
      ['Europe/Berlin', '2026-03-26 00:00:00'],
      ['Europe/Berlin', '2026-10-22 00:00:00'],
      ['UTC', '2026-06-01 00:00:00'],
    ] as const) {
      const ticks = onCalendar(window(text)).flatMap((when) => elapses(when, zone, from));
      expect(ticks.length).toBeGreaterThan(10);
      const before = process.env.TZ;
      process.env.TZ = zone;
      try {
        const outside = ticks.filter((at) => openingAt(window(text), at) === undefined);
        expect({ text, zone, outside }).toEqual({ text, zone, outside: [] });
      } finally {
        if (before === undefined) delete process.env.TZ;
        else process.env.TZ = before;
      }
    }
  });
});

/** The next moments that systemd makes of it. */
function elapses(when: string, zone: string, from: string): Date[] {
  const said = execFileSync('systemd-analyze', ['calendar', `--base-time=${from}`, '--iterations=40', when], {
    env: { ...process.env, TZ: zone, LC_ALL: 'C' },
    encoding: 'utf8',
  });
  const label =
    zone === 'UTC'
      ? /(?:Next elapse|Iteration #\d+|Iter\. #\d+): \w{3} (\S+) (\S+) UTC/g
      : /\(in UTC\): \w{3} (\S+) (\S+) UTC/g;
  return [...said.matchAll(label)].map(([, day = '', time = '']) => new Date(`${day}T${time}Z`));
}
