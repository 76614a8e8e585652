import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../../../src/app-index/market/markdown.js';

const rendered = (markdown: string): string => renderMarkdown(markdown).text.trim();

describe('renderMarkdown', () => {
  it('makes the usual markup', () => {
    expect(rendered('Some **bold** `code`\n\n- one\n- two')).toBe(
      '<p>Some <strong>bold</strong> <code>code</code></p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>',
    );
  });

  it('puts headings below those of the page', () => {
    expect(rendered('# One\n\n## Two')).toBe('<h3>One</h3>\n<h4>Two</h4>');
  });

  it('leaves no step out between headings, whatever the author did', () => {
    expect(rendered('## Two\n\n###### Six\n\n# One\n\n### Three')).toBe(
      '<h3>Two</h3>\n<h4>Six</h4>\n<h3>One</h3>\n<h4>Three</h4>',
    );
  });

  it('links to where one may go, without telling where from', () => {
    expect(rendered('[a](https://example.com/) <b@example.com> https://example.org/c')).toBe(
      '<p><a href="https://example.com/" rel="noopener noreferrer">a</a> ' +
        '<a href="mailto:b@example.com" rel="noopener noreferrer">b@example.com</a> ' +
        '<a href="https://example.org/c" rel="noopener noreferrer">https://example.org/c</a></p>',
    );
  });

  it('shows the words of a picture instead of fetching it', () => {
    expect(rendered('![a <b> "plan"](https://evil.example/spy.png "t")')).toBe(
      '<p>a &lt;b&gt; &quot;plan&quot;</p>',
    );
  });

  it('keeps no class, no style and no title', () => {
    const text = rendered(
      '```js" onload="x\na<b\n```\n\n|a|\n|:-:|\n|b|\n\n[c](https://example.com/ "t")\n\n3. d',
    );
    expect(text).toContain('<pre><code>a&lt;b\n</code></pre>');
    expect(text).toContain('<ol start="3">');
    expect(text).not.toMatch(/ (class|style|title|on\w+)=/);
  });

  it.each([
    ['a script', '<script>alert(1)</script>'],
    ['a picture with a handler', '<img src=x onerror=alert(1)>'],
    ['a drawing', '<svg onload=alert(1)>'],
    ['a comment', '<!-- --><b>'],
    ['an element in a line', 'a <iframe src="https://evil.example"></iframe> b'],
    ['a script as a link', '[a](javascript:alert(1))'],
    ['a script as a link, in entities', '[a](&#106;avascript&colon;alert(1))'],
    ['a script as a link, broken in two', '[a](java\nscript:alert(1))'],
    ['a script in angle brackets', '<javascript:alert(1)>'],
    ['a script by reference', '[a][b]\n\n[b]: javascript:alert(1)'],
    ['a document as a link', '[a](data:text/html;base64,PHNjcmlwdD4=)'],
    ['a quote that ends the attribute', '[a](https://example.com/"onmouseover="alert(1))'],
    ['a picture that is a script', '![a](javascript:alert(1))'],
    ['a picture of a document', '![a](data:image/svg+xml,<svg/onload=alert(1)>)'],
    ['a link in a picture', '[![a](x)](javascript:alert(1))'],
    ['markup in an alternative text', '![<img src=x onerror=alert(1)>](x)'],
  ])('lets no %s through', (_, markdown) => {
    const tags = rendered(markdown).match(/<[^>]*>/g) ?? [];
    for (const tag of tags)
      expect(tag).toMatch(/^<(\/?(p|code|pre)|\/a|a href="https:\/\/[^"]*" rel="noopener noreferrer")>$/);
  });

  it.each([
    ['brackets', '['.repeat(60_000)],
    ['stars', '*a'.repeat(40_000)],
    ['quotes in quotes', '> '.repeat(40_000)],
    ['lists in lists', Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth * 2)}- a`).join('\n')],
    ['angle brackets', '<a:'.repeat(30_000)],
    ['backticks', Array.from({ length: 400 }, (_, count) => '`'.repeat(count)).join(' ')],
    ['more than a description ever has', 'word '.repeat(200_000)],
  ])('comes to an end with many %s', (_, markdown) => {
    expect(rendered(markdown).length).toBeLessThan(1_000_000);
  });
});
