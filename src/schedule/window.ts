import { badValue } from '../errors.js';
import { list } from '../words.js';

/** Hours in which a server may be updated, in the machine's own time. */
export interface Window {
  /** As written: "Sat,Sun 22:00-04:00". */
  readonly text: string;
  /** Days on which it opens, 0 for Sunday. */
  readonly days: readonly number[];
  /** Minutes after midnight. */
  readonly opens: number;
  /** The same, of the next day when it is not after `opens`. */
  readonly closes: number;
}

/** One opening of a window. */
export interface Opening {
  readonly from: Date;
  /** The first moment at which it is over. */
  readonly to: Date;
}

/** In the words of systemd and of crontab alike. */
export const DAY_NAMES = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const SHORTEST = 15;
const DAY = 24 * 60;

/** "02:00-04:00" on every day, "Sat 22:00-04:00" across midnight, "Mon..Fri 01:00-05:00". @throws Refusal E_BAD_VALUE */
export function parseWindow(text: string, what: string): Window {
  const parts = /^(?:(\S+) +)?(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text.trim());
  const days = parts === null ? undefined : daysIn(parts[1]);
  const [, , h1 = '', m1 = '', h2 = '', m2 = ''] = parts ?? [];
  const opens = minutes(h1, m1);
  const closes = minutes(h2, m2);
  const wrong = (): Error =>
    badValue(what, text, 'hours such as "Sat 02:00-04:00" or "Mon..Fri 22:00-04:00"');
  if (days === undefined || opens === undefined || closes === undefined || opens === DAY) throw wrong();
  if (length(opens, closes) < SHORTEST)
    throw badValue(what, text, `a window of at least ${String(SHORTEST)} minutes`);
  return { text: text.trim(), days, opens, closes };
}

function daysIn(words: string | undefined): number[] | undefined {
  if (words === undefined) return [0, 1, 2, 3, 4, 5, 6];
  const found = new Set<number>();
  for (const part of words.split(',')) {
    const [first, last = first, ...more] = part.split('..').map(dayOf);
    if (first === undefined || last === undefined || more.length > 0) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      found.add(day);
      if (day === last) break;
    }
  }
  return [...found].sort((a, b) => a - b);
}

function dayOf(word: string): number | undefined {
  const index = DAY_NAMES.findIndex((name) => name.toLowerCase() === word.toLowerCase());
  return index < 0 ? undefined : index;
}

function minutes(hours: string, rest: string): number | undefined {
  const all = Number(hours) * 60 + Number(rest);
  return hours === '' || Number(rest) > 59 || all > DAY ? undefined : all;
}

/** In minutes of a day without a change of the clock. */
export function windowLength({ opens, closes }: Window): number {
  return length(opens, closes);
}

function length(opens: number, closes: number): number {
  return closes > opens ? closes - opens : closes + DAY - opens;
}

/**
 * The opening that `now` is in. Both ends are local wall-clock times: in the night in which the clock goes forward the
 * window is an hour shorter, in the one in which it goes back an hour longer, and it never opens twice. Pure but for
 * the time zone of the machine.
 */
export function openingAt(window: Window, now: Date): Opening | undefined {
  return [-1, 0]
    .flatMap((days) => openingOn(window, now, days) ?? [])
    .find(({ from, to }) => from <= now && now < to);
}

/** The first opening that begins after `now`. */
export function nextOpening(window: Window, now: Date): Opening | undefined {
  return [0, 1, 2, 3, 4, 5, 6, 7, 8]
    .flatMap((days) => openingOn(window, now, days) ?? [])
    .find(({ from, to }) => from > now && to > from);
}

/** @param days after the day of `now` */
function openingOn({ days: on, opens, closes }: Window, now: Date, days: number): Opening | undefined {
  const at = (day: number, minute: number): Date =>
    // Not by adding milliseconds: a day may have 23 or 25 hours.
    new Date(now.getFullYear(), now.getMonth(), now.getDate() + day, 0, minute);
  if (!on.includes(at(days, 12 * 60).getDay())) return undefined;
  return { from: wall(at(days, 0), opens), to: wall(at(closes > opens ? days : days + 1, 0), closes) };
}

/** That minute of that day by the clock on the wall. A minute that the clock leaps over is the same one later. */
function wall(midnight: Date, minute: number): Date {
  return new Date(
    midnight.getFullYear(),
    midnight.getMonth(),
    midnight.getDate(),
    Math.floor(minute / 60),
    minute % 60,
  );
}

/** For people: "on Sat and Sun from 22:00 to 04:00". */
export function windowWords({ days, opens, closes }: Window): string {
  const clock = (minute: number): string =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const on = days.length === 7 ? 'every day' : `on ${list(days.map((day) => DAY_NAMES[day] ?? ''))}`;
  return `${on} from ${clock(opens)} to ${clock(closes)}${closes > opens ? '' : ' of the next day'}`;
}
