import { expect, it } from 'vitest';
import { diffConf, showLine } from '../../../src/config/diff-conf.js';

it('is empty when nothing changes', () => expect(diffConf('A=1\n', 'A=1\n')).toBe(''));

it('shows a change with two lines round it', () =>
  expect(diffConf('A=1\nB=2\nC=3\nD=4\nE=5\nF=6\n', 'A=1\nB=2\nC=3\nD=9\nE=5\nF=6\n')).toBe(
    '--- sandstorm.conf\n+++ sandstorm.conf (new)\n@@ -2,5 +2,5 @@\n B=2\n C=3\n-D=4\n+D=9\n E=5\n F=6\n',
  ));

it('shows changes far apart as hunks of their own', () => {
  const lines = Array.from({ length: 12 }, (_, n) => `K${n}=1\n`);
  const after = lines.with(1, 'K1=2\n').toSpliced(10, 1);
  expect(diffConf(lines.join(''), after.join('')).match(/^@@.*/gm)).toEqual([
    '@@ -1,4 +1,4 @@',
    '@@ -9,4 +9,3 @@',
  ]);
});

it('shows an appended line and the newline that was missing', () =>
  expect(diffConf('A=1', 'A=1\nB=2\n')).toBe(
    '--- sandstorm.conf\n+++ sandstorm.conf (new)\n@@ -1,1 +1,2 @@\n-A=1\n\\ No newline at end of file\n+A=1\n+B=2\n',
  ));

it('shows a new file', () => expect(diffConf('', 'A=1\n')).toContain('@@ -0,0 +1,1 @@\n+A=1\n'));

it('shows that a secret changed, and not the secret', () => {
  const diff = diffConf(
    'PRIVATE_KEY_PASSWORD=geheim#alt\n# MAIL_URL=smtp://a:geheim@h\nMAIL_URL=smtp://a:geheim@h # geheim\n',
    'PRIVATE_KEY_PASSWORD=geheim2\n# MAIL_URL=smtp://a:geheim@h\nMAIL_URL=smtp://b:geheim@h\n',
  );
  expect(diff).not.toContain('geheim');
  expect(diff).toContain('-PRIVATE_KEY_PASSWORD=…\n+PRIVATE_KEY_PASSWORD=…\n');
  expect(diff).toContain('+MAIL_URL=smtp://b:…@h\n');
});

it('lets no control character through to the terminal', () =>
  expect(showLine('A=\u001b[2J\u009b\r\n')).toBe('A=?[2J?'));

it('shows UTF-8 as such', () => expect(showLine('# caf\u00c3\u00a9\n')).toBe('# café'));

it('comes to an end with files that have nothing in common', () => {
  // Compared line with line it would outlast the test.
  const diff = diffConf('a\n'.repeat(50_000), 'b\n'.repeat(50_000));
  expect(diff.match(/^[-+][ab]$/gm)).toHaveLength(100_000);
});
