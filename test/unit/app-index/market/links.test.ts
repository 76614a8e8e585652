import { describe, expect, it } from 'vitest';
import { nameOfLink, safeLink } from '../../../../src/app-index/market/links.js';

describe('safeLink', () => {
  it.each([
    ['http://notes.corp.lan:6080/a?b=c#d', 'http://notes.corp.lan:6080/a?b=c#d'],
    ['https://example.com', 'https://example.com/'],
    ['HTTPS://EXAMPLE.COM/A', 'https://example.com/A'],
    ['mailto:ada@example.com', 'mailto:ada@example.com'],
    ['https://example.com/"><script>', 'https://example.com/%22%3E%3Cscript%3E'],
  ])('keeps %s', (link, expected) => {
    expect(safeLink(link)).toBe(expected);
  });

  it.each([
    ['a script', 'javascript:alert(1)'],
    ['a script in capitals', 'JaVaScRiPt:alert(1)'],
    ['a script behind blanks', ' \u0001javascript:alert(1)'],
    ['a script with a tab in its name', 'java\tscript:alert(1)'],
    ['a document in the address', 'data:text/html,<script>alert(1)</script>'],
    ['an older kind of script', 'vbscript:msgbox(1)'],
    ['a file', 'file:///etc/passwd'],
    ['a blob', 'blob:https://example.com/1'],
    ['another host without a scheme', '//evil.example/'],
    ['a path', '/install/abc'],
    ['a user name that looks like a host', 'http://sandstorm.corp.lan@evil.example/'],
    ['too long', `https://example.com/${'a'.repeat(3000)}`],
    ['nothing', ''],
  ])('drops %s', (_, link) => {
    expect(safeLink(link)).toBeUndefined();
  });
});

describe('nameOfLink', () => {
  it.each([
    ['https://git.example.org/notes/', 'git.example.org/notes'],
    ['http://example.org:8080/', 'example.org:8080'],
    ['mailto:ada@example.com', 'ada@example.com'],
  ])('%s', (link, name) => {
    expect(nameOfLink(link)).toBe(name);
  });
});
