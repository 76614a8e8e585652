import { bySection, progress, type ChecklistHead } from './checklist.js';
import { CHECKLIST_STYLE } from './html-style.js';
import type { ChecklistItem, FieldValue } from './item.js';
import { printedPage } from '../../printed-page.js';

/** A page to print, and to have beside the keyboard. Nothing in it is loaded from elsewhere. Pure. */
export function checklistHtml(items: readonly ChecklistItem[], head: ChecklistHead): string {
  const { baseUrl, build, day, verified } = head;
  const host = escaped(new URL(baseUrl).hostname);
  const about = [
    `<b>${escaped(baseUrl)}</b>`,
    `<span>${build === undefined ? 'Sandstorm' : `Sandstorm build ${String(build)}`}</span>`,
    `<span>${escaped(day)}</span>`,
    `<span>${verified ? escaped(progress(items)) : `${String(items.length)} things to do`}</span>`,
  ];
  return printedPage(`Checklist for ${host}`, CHECKLIST_STYLE, [
    `<header><h1>Checklist for ${host}</h1><p>${about.join('')}</p></header>`,
    '<main>',
    ...bySection(items).flatMap((section) => [
      `<section><h2>${escaped(section.name)}</h2>`,
      ...section.items.map((item) => article(item, baseUrl)),
      '</section>',
    ]),
    '</main>',
    '<footer><div>Done by</div><div>On</div></footer>',
  ]);
}

function article(item: ChecklistItem, baseUrl: string): string {
  const { id, title, page, fields, why, notes = [], state } = item;
  const checked = state.kind === 'done' ? ' checked' : '';
  const where =
    page === undefined
      ? ''
      : page.includes('…')
        ? `<code>${escaped(page)}</code>`
        : `<a href="${escaped(baseUrl + page)}"><code>${escaped(page)}</code></a>`;
  return [
    `<article id="${escaped(id)}"><input class="box" type="checkbox" aria-label="${escaped(title)}"${checked}><div>`,
    `<h3><span>${escaped(title)}</span>${where}</h3>`,
    `<dl>${fields.map(({ label, value }) => `<dt>${escaped(label)}</dt><dd>${shownValue(value)}</dd>`).join('')}</dl>`,
    ...[why, ...notes].map((one) => `<p class="why">${escaped(one)}</p>`),
    ...stateLines(state),
    '</div></article>',
  ].join('\n');
}

function stateLines(state: ChecklistItem['state']): string[] {
  switch (state.kind) {
    case 'open':
      return [];
    case 'done':
      return [`<p class="seen">✓ ${escaped(state.seen)}</p>`];
    case 'failed':
      return [
        `<p class="seen bad">✗ ${escaped([state.seen, ...(state.fix === undefined ? [] : [state.fix])].join(' — '))}</p>`,
      ];
  }
}

function shownValue(value: FieldValue): string {
  const mono = (text: string): string => `<span class="value">${escaped(text)}</span>`;
  switch (value.kind) {
    case 'text':
      return mono(value.text);
    case 'lines':
      return `<span class="lines">${value.lines.map(mono).join('')}</span>`;
    case 'ticked':
      return `<span class="tick${value.on ? ' on' : ''}"></span><span class="note">${value.on ? 'ticked' : 'not ticked'}</span>`;
    case 'blank':
      return `<span class="blank"></span>${value.what === '' ? '' : `<span class="note">${escaped(value.what)}</span>`}`;
    case 'note':
      return `<span class="note">${escaped(value.text)}</span>`;
  }
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
