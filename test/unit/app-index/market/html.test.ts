import { describe, expect, it } from 'vitest';
import { html, Html, plain } from '../../../../src/app-index/market/html.js';

describe('html', () => {
  it('makes text of whatever is not markup already', () => {
    const title = `<img src=x onerror=alert(1)>&"'`;
    expect(html`<b title="${title}">${title}</b>`.text).toBe(
      '<b title="&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;">&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;</b>',
    );
  });

  it('takes markup, lists of it, figures, and nothing', () => {
    expect(html`${html`<i>${1}</i>`}${['a', html`<br />`, ['<']]}${undefined}${false}`.text).toBe(
      '<i>1</i>a<br />&lt;',
    );
  });

  it('is not deceived by a thing that looks like markup', () => {
    const forged = JSON.parse('{"text":"<script>alert(1)</script>"}') as Html;
    expect(() => html`${forged}`.text).toThrow(TypeError);
  });

  it('drops the indentation of its own template, not that of a value', () => {
    const value = new Html('<pre>a\n    b</pre>');
    // prettier-ignore
    const page = html`<p>
      ${value}
    </p>`;
    expect(page.text).toBe('<p>\n<pre>a\n    b</pre>\n</p>');
  });
});

describe('plain', () => {
  it.each([
    ['a NUL', 'a\u0000b', 'ab'],
    ['an escape sequence', 'a\u001b[31mb', 'a[31mb'],
    ['a word turned round', 'exe\u202egpj', 'exegpj'],
    ['isolates', '\u2066a\u2069', 'a'],
    ['half a sign', 'a\ud800b', 'ab'],
    ['a whole sign of two halves', 'a😀b', 'a😀b'],
    ['line breaks and tabs', 'a\n\tb', 'a\n\tb'],
    ['words of another direction', 'שלום', 'שלום'],
  ])('%s', (_, text, expected) => {
    expect(plain(text)).toBe(expected);
  });
});
