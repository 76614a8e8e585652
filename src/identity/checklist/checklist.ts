import type { ChecklistFacts } from './facts.js';
import type { ChecklistItem } from './item.js';
import { peopleItems } from './items-people.js';
import { appItems, firstItems, lastItems, wireItems } from './items-server.js';

/** Everything after the installation that only a person in the admin pages can do, in order. Pure. */
export function buildChecklist(facts: ChecklistFacts): readonly ChecklistItem[] {
  return [
    ...firstItems(facts),
    ...peopleItems(facts),
    ...appItems(facts),
    ...wireItems(facts),
    ...lastItems(facts),
  ];
}

/** "3 of 16 done, 1 to mend" */
export function progress(items: readonly ChecklistItem[]): string {
  const number = (kind: ChecklistItem['state']['kind']): number =>
    items.filter(({ state }) => state.kind === kind).length;
  const failed = number('failed');
  return `${String(number('done'))} of ${String(items.length)} seen done${failed === 0 ? '' : `, ${String(failed)} to mend`}`;
}

export interface Section {
  readonly name: string;
  readonly items: readonly ChecklistItem[];
}

export function bySection(items: readonly ChecklistItem[]): Section[] {
  const names = [...new Set(items.map(({ section }) => section))];
  return names.map((name) => ({ name, items: items.filter(({ section }) => section === name) }));
}

/** What stands at its head. */
export interface ChecklistHead {
  readonly baseUrl: string;
  readonly build: number | undefined;
  /** 2026-11-22 */
  readonly day: string;
  /** Looked at from outside. */
  readonly verified: boolean;
}
