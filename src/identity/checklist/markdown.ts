import { bySection, progress, type ChecklistHead } from './checklist.js';
import type { ChecklistItem, FieldValue } from './item.js';

/** For a wiki, an issue or a terminal. Pure. */
export function checklistMarkdown(items: readonly ChecklistItem[], head: ChecklistHead): string {
  const { baseUrl, build, day, verified } = head;
  return [
    `# Checklist for ${escaped(new URL(baseUrl).hostname)}`,
    '',
    `${build === undefined ? 'Sandstorm' : `Sandstorm build ${String(build)}`} at ${baseUrl}, ${day}. ${verified ? `${progress(items)}.` : 'Not looked at yet: `--verify` ticks what can be seen from outside.'}`,
    ...bySection(items).flatMap((section) => [
      '',
      `## ${section.name}`,
      '',
      ...section.items.flatMap((item) => itemLines(item, baseUrl)),
    ]),
    '',
  ].join('\n');
}

function itemLines(
  { title, page, fields, why, notes = [], state }: ChecklistItem,
  baseUrl: string,
): string[] {
  const where =
    page === undefined ? '' : page.includes('…') ? ` (\`${page}\`)` : ` ([${page}](${baseUrl}${page}))`;
  return [
    `- [${state.kind === 'done' ? 'x' : ' '}] **${escaped(title)}**${where}`,
    ...fields.map(({ label, value }) => `  - ${escaped(label)}: ${shownValue(value)}`),
    `  - ${escaped(why)}`,
    ...notes.map((one) => `  - ${escaped(one)}`),
    ...stateLines(state),
  ];
}

function stateLines(state: ChecklistItem['state']): string[] {
  if (state.kind === 'open') return [];
  const mark = state.kind === 'done' ? 'Seen' : '**To mend**';
  const fix = state.kind === 'failed' && state.fix !== undefined ? `; ${escaped(state.fix)}` : '';
  return [`  - ${mark}: ${escaped(state.seen)}${fix}`];
}

function shownValue(value: FieldValue): string {
  switch (value.kind) {
    case 'text':
      return code(value.text);
    case 'lines':
      return value.lines.map(code).join(', ');
    case 'ticked':
      return value.on ? '☑ ticked' : '☐ not ticked';
    case 'blank':
      return value.what === '' ? '__________' : `__________ (${escaped(value.what)})`;
    case 'note':
      return `*${escaped(value.text)}*`;
  }
}

function code(text: string): string {
  const ticks = '`'.repeat(Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  return `${ticks}${text}${ticks}`;
}

/** What Markdown would take for its own. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|#]/g, '\\$&');
}
