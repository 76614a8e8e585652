/** How a market page writes figures and texts; sizes are in src/words.ts. */

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

/** "21 August 2014" of 2014-08-21T09:19:29Z; undefined for what is no date. */
export function dayOf(time: string): string | undefined {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d/.exec(time) ?? [];
  const name = MONTHS[Number(month) - 1];
  return year === undefined || name === undefined ? undefined : `${Number(day)} ${name} ${year}`;
}

/** "1 app", "2,000 apps". */
export function appCount(count: number): string {
  return count === 1 ? '1 app' : `${grouped(count)} apps`;
}

export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** The text, shortened to so many characters at most. */
export function shortened(text: string, most: number): string {
  const trimmed = text.trim();
  return trimmed.length <= most ? trimmed : `${trimmed.slice(0, most - 1).trimEnd()}…`;
}
