import { DAY_NAMES, windowLength, type Window } from './window.js';

/** How often the drop folder is looked into while the window is open. */
const EVERY = 15;
const DAY = 24 * 60;

/** Hours of a day, each with the same minutes in it. */
interface Ticks {
  readonly days: readonly number[];
  readonly hours: readonly [first: number, last: number];
  readonly minutes: readonly number[];
}

/**
 * When to look, as whole hours with the same minutes, since neither systemd nor cron knows windows that do not begin
 * at a full hour. Pure.
 */
function ticksIn(window: Window): Ticks[] {
  const byHour = new Map<number, number[]>();
  for (let passed = 0; passed < windowLength(window); passed += EVERY) {
    const at = window.opens + passed;
    const hour = Math.floor(at / 60);
    byHour.set(hour, [...(byHour.get(hour) ?? []), at % 60]);
  }
  const ticks: Ticks[] = [];
  for (const [hour, minutes] of byHour) {
    const nextDay = hour * 60 >= DAY;
    const days = nextDay ? window.days.map((day) => (day + 1) % 7).sort((a, b) => a - b) : window.days;
    const here = nextDay ? hour - 24 : hour;
    const before = ticks.at(-1);
    if (before?.hours[1] === here - 1 && before.minutes.join() === minutes.join()) {
      ticks[ticks.length - 1] = { ...before, hours: [before.hours[0], here] };
    } else ticks.push({ days, hours: [here, here], minutes });
  }
  return ticks;
}

/** Values of OnCalendar= (systemd.time(7)): "Sat *-*-* 22..23:00,15,30,45:00". */
export function onCalendar(window: Window): string[] {
  return ticksIn(window).map(({ days, hours: [first, last], minutes }) => {
    const on = days.length === 7 ? '' : `${days.map((day) => DAY_NAMES[day] ?? '').join(',')} `;
    const hours = first === last ? two(first) : `${two(first)}..${two(last)}`;
    return `${on}*-*-* ${hours}:${minutes.map(two).join(',')}:00`;
  });
}

/** The first five fields of a crontab(5) line: "0,15,30,45 22-23 * * 6". */
export function cronTimes(window: Window): string[] {
  return ticksIn(window).map(({ days, hours: [first, last], minutes }) => {
    const on = days.length === 7 ? '*' : days.join(',');
    return `${minutes.join(',')} ${first === last ? String(first) : `${String(first)}-${String(last)}`} * * ${on}`;
  });
}

/** Minutes by which the machines of a house are spread, so that they do not all read from the same place at once. */
export function spread(window: Window): number {
  return Math.min(5, Math.floor(windowLength(window) / 6));
}

const two = (n: number): string => String(n).padStart(2, '0');
