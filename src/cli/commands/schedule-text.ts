import type { ScheduleState } from '../../operations/schedule/show.js';
import type { Hold } from '../../schedule/hold.js';
import { moment } from '../../words.js';

const SHOWN = 10;

/** One fact a line, the word for it first. */
export function scheduleText({ starter, drop, window, next, hold, attempts }: ScheduleState): string {
  const rows: [string, string][] = [
    ['Schedule', starter ?? 'none: sandstorm-airgap schedule install --help'],
  ];
  if (drop !== null) rows.push(['Drop folder', drop]);
  if (window !== null) rows.push(['Window', window]);
  if (next !== null) rows.push(['Next look', next]);
  rows.push(['Stopped', hold === null ? 'no' : heldText(hold)]);
  for (const [index, attempt] of attempts.slice(0, SHOWN).entries()) {
    const { startedAt, build, ended, code, sha256 } = attempt;
    const how = `${ended}${code === null ? '' : ` (${code})`}`;
    const word = index === 0 ? 'Tried' : '';
    rows.push([word, `${moment(startedAt)}  build ${String(build)}  ${how}  ${sha256.slice(0, 12)}`]);
  }
  if (attempts.length === 0) rows.push(['Tried', 'nothing yet']);
  return rows.map(([word, text]) => `${word.padEnd(13)}${text}`).join('\n');
}

export function heldText({ reason, by, since }: Hold): string {
  return `by ${by} since ${Number.isNaN(Date.parse(since)) ? '?' : moment(since)}: ${reason}`;
}
