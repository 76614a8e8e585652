import MarkdownIt from 'markdown-it';
import { Html, plain } from './html.js';
import { safeLink } from './links.js';

/**
 * A stranger's Markdown as markup. HTML in it is text; of links only safe ones stay; pictures give way to their
 * words, as no page of the market may load anything from elsewhere.
 */
export function renderMarkdown(markdown: string): Html {
  const text = plain(markdown);
  // A description of that length is no description, and time to read it is the builder's.
  if (text.length > LONGEST) return new Html(parser.render(`${text.slice(0, LONGEST)} …`));
  return new Html(parser.render(text));
}

const LONGEST = 100_000;

const parser = makeParser();

function makeParser(): MarkdownIt {
  const markdown = new MarkdownIt({ html: false, linkify: true });
  // "setup.sh" and "e.g.this" are no links.
  markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  markdown.validateLink = (link) => safeLink(link) !== undefined;
  markdown.normalizeLink = (link) => safeLink(link) ?? '';
  markdown.core.ruler.push('market', ({ tokens }) => {
    tokens.forEach(tame);
    fitHeadings(tokens);
  });
  const { rules } = markdown.renderer;
  rules.image = (tokens, at) => markdown.utils.escapeHtml(tokens[at]?.content ?? '');
  // The language would become a class, and classes are ours.
  rules.fence = (tokens, at) =>
    `<pre><code>${markdown.utils.escapeHtml(tokens[at]?.content ?? '')}</code></pre>\n`;
  return markdown;
}

type Token = ReturnType<MarkdownIt['parse']>[number];

/** Leaves a token only what is known to be harmless: what a later version of the parser adds, too, has to pass here. */
function tame(token: Token): void {
  if (token.tag !== '' && !TAGS.has(token.tag))
    throw new Error(`the Markdown parser has made a <${token.tag}>`);
  const attributes = token.attrs ?? [];
  token.attrs = attributes.filter(([name]) => name === 'href' || name === 'start');
  if (token.type === 'link_open') token.attrs.push(['rel', 'noopener noreferrer']);
  token.children?.forEach(tame);
}

/** Headings begin below the page's own two levels and leave none out, so that they can be jumped along. */
function fitHeadings(tokens: readonly Token[]): void {
  const above: number[] = [];
  for (const token of tokens) {
    if (token.type !== 'heading_open' && token.type !== 'heading_close') continue;
    const level = Number(token.tag[1]);
    if (token.type === 'heading_open') {
      while ((above.at(-1) ?? 0) >= level) above.pop();
      above.push(level);
    }
    token.tag = `h${String(Math.min(6, 2 + above.length))}`;
  }
}

const TAGS = new Set(
  `a blockquote br code em h1 h2 h3 h4 h5 h6 hr img li ol p pre s strong table tbody td th thead tr ul`.split(
    ' ',
  ),
);
