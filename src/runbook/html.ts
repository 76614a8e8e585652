import MarkdownIt from 'markdown-it';
import { RUNBOOK_STYLE } from './html-style.js';
import { printedPage } from '../printed-page.js';

/** A page to print, from the Markdown of `render`. Nothing in it is loaded from elsewhere, no HTML passes. Pure. */
export function runbookHtml(markdown: string): string {
  const md = new MarkdownIt({ html: false, linkify: false });
  const title = /^# (.*)$/m.exec(markdown)?.[1] ?? 'Runbook';
  return printedPage(md.utils.escapeHtml(title), RUNBOOK_STYLE, [withBoxes(md.render(markdown))]);
}

/** What is torn at its dashes, or away from its flag, is typed wrongly. */
function withWholeWords(code: string): string {
  return code.replace(/--[\w-]+ (?:'[^'\n]*'|[^\s'-]\S*)|\S+/g, (words) =>
    words.length > MOST_WHOLE ? words.replace(/\S+/g, wholeWord) : `<span>${words}</span>`,
  );
}

function wholeWord(word: string): string {
  return word.length > MOST_WHOLE ? word : `<span>${word}</span>`;
}

/** Longer ones, such as paths, would stand out of the page. */
const MOST_WHOLE = 60;

/** Boxes to tick and lines to write on, of which Markdown knows nothing. */
function withBoxes(html: string): string {
  return (
    html
      .replace(/<li>(\s*<p>)?\[( |x)\] /g, (_, paragraph: string | undefined, mark: string) => {
        const checked = mark === 'x' ? ' checked' : '';
        return `<li class="task">${paragraph ?? ''}<input type="checkbox"${checked}> `;
      })
      .replace(
        /_{4,}/g,
        (line) => `<span class="blank" style="width:${String(line.length * 1.75)}mm"></span>`,
      )
      .replace(/<code>([^<]*)<\/code>/g, (_, code: string) => `<code>${withWholeWords(code)}</code>`)
      // A table of facts has no heads.
      .replace(/<thead>\s*<tr>\s*(?:<th[^>]*><\/th>\s*)+<\/tr>\s*<\/thead>/g, '')
  );
}
