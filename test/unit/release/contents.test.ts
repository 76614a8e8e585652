import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/errors.js';
import { ContentsJudge, type EntryHeader } from '../../../src/release/contents.js';
import { DEFAULT_LIMITS } from '../../../src/release/limits.js';

const dir = (name: string): EntryHeader => ({ name, type: 'directory', size: 0 });
const file = (name: string, mode = 0o644, size = 1): EntryHeader => ({ name, type: 'file', size, mode });
const symlink = (name: string, linkname: string): EntryHeader => ({
  name,
  type: 'symlink',
  linkname,
  size: 0,
});
const hardlink = (name: string, linkname: string): EntryHeader => ({ name, type: 'link', linkname, size: 0 });
const START = [dir('sandstorm-308/'), file('sandstorm-308/sandstorm', 0o755, 10)];

function judge(entries: readonly EntryHeader[], limits = {}) {
  const judge = new ContentsJudge({ ...DEFAULT_LIMITS, ...limits });
  for (const entry of entries) judge.entry(entry);
  return judge.facts();
}

function refusal(entries: readonly EntryHeader[], limits = {}): Refusal {
  try {
    judge(entries, limits);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('what a genuine release has', () => {
  it('is let through, and its facts are told', () => {
    const facts = judge([
      ...START,
      dir('sandstorm-308/bin/'),
      file('sandstorm-308/bin/mongod7', 0o755, 100),
      symlink('sandstorm-308/bin/spk', '../sandstorm'),
      // Shared libraries are linked by absolute path: it is the inside of a chroot.
      symlink('sandstorm-308/lib/libc.so.6', '/lib/x86_64-linux-gnu/libc-2.31.so'),
      hardlink('sandstorm-308/bin/again', 'sandstorm-308/bin/mongod7'),
      // make-bundle.sh makes mount points for devices as empty files.
      file('sandstorm-308/dev/null', 0o644, 0),
    ]);
    expect(facts).toEqual({ build: 308, entries: 10, unpackedBytes: 110, hasMongod7: true });
  });

  it('tells the buildstamp, first line of the first 64 bytes', () => {
    const judge = new ContentsJudge(DEFAULT_LIMITS);
    for (const entry of START) judge.entry(entry);
    expect(judge.entry(file('sandstorm-308/buildstamp'))).toBe('data');
    judge.data(Buffer.from('kenton@'));
    judge.data(Buffer.from('build\u001b[31m Mon\nmore'));
    judge.data(Buffer.alloc(1000, 'x'));
    expect(judge.facts()).toMatchObject({ buildstamp: 'kenton@build[31m Mon' });
  });

  it('an older one has no MongoDB 7', () => {
    expect(judge(START).hasMongod7).toBe(false);
    expect(judge([...START, dir('sandstorm-308/bin/mongod7/')]).hasMongod7).toBe(false);
    expect(judge([...START, file('sandstorm-308/x/bin/mongod7')]).hasMongod7).toBe(false);
  });
});

describe('what is refused', () => {
  const top = 'sandstorm-308';
  it.each<[string, EntryHeader[], RegExp]>([
    ['nothing', [], /holds nothing/],
    ['no program', [dir(`${top}/`)], /has no program sandstorm-308\/sandstorm/],
    ['a program nobody may run', [dir(`${top}/`), file(`${top}/sandstorm`, 0o644)], /has no program/],
    ['a link as program', [dir(`${top}/`), symlink(`${top}/sandstorm`, 'bin/x')], /has no program/],
    ['a file first', [file(`${top}/sandstorm`, 0o755)], /comes first/],
    ['another folder first', [dir('latest/')], /comes first/],
    ['a folder without its slash first', [dir(top)], /comes first/],
    ['a custom build as on disk', [dir('sandstorm-custom.2026-01-01/')], /comes first/],
    ['two tops', [...START, dir('sandstorm-309/')], /outside sandstorm-308\//],
    ['a file beside the top', [...START, file('x')], /outside/],
    ['a top that only begins alike', [...START, file('sandstorm-3080/x')], /outside/],
    ['./ names', [dir(`./${top}/`)], /"\.\/" in its name/],
    ['./ in the middle', [...START, file(`${top}/./x`)], /"\.\/"/],
    ['..', [...START, file(`${top}/../../etc/passwd`)], /"\.\."/],
    ['.. at the end', [...START, dir(`${top}/bin/../`)], /"\.\."/],
    ['an absolute name', [...START, file('/etc/passwd')], /absolute/],
    ['an empty part', [...START, file(`${top}//x`)], /empty part/],
    ['an empty name', [...START, file('')], /empty part/],
    ['a file named like a folder', [...START, file(`${top}/x/`)], /named like a folder/],
    ['a line break', [...START, file(`${top}/a\nb`)], /control characters/],
    ['an escape sequence', [...START, file(`${top}/\u001b[2J`)], /control characters/],
    ['text turned round', [...START, file(`${top}/\u202excod`)], /control characters/],
    ['bytes that were no UTF-8', [...START, file(`${top}/\ufffd`)], /no UTF-8/],
    ['a very long part', [...START, file(`${top}/${'é'.repeat(128)}`)], /too long/],
    ['a very long name', [...START, file(`${top}/${'abcdefg/'.repeat(130)}x`)], /too long/],
    ['a device', [...START, { name: `${top}/dev/sda`, type: 'block-device', size: 0 }], /neither file/],
    ['a pipe', [...START, { name: `${top}/p`, type: 'fifo', size: 0 }], /neither file/],
    ['something unknown', [...START, { name: `${top}/p`, type: null, size: 0 }], /neither file/],
    ['a folder with data', [...START, { ...dir(`${top}/d/`), size: 512 }], /has data/],
    ['the same file twice', [...START, file(`${top}/a`), file(`${top}/a`)], /twice/],
    ['the program twice', [...START, file(`${top}/sandstorm`, 0o755)], /twice/],
    ['a folder where a file is', [...START, file(`${top}/a`), dir(`${top}/a/`)], /twice/],
    ['a link where a folder was implied', [...START, file(`${top}/a/b`), symlink(`${top}/a`, 'x')], /twice/],
    ['the top again', [...START, dir(`${top}/`)], /twice/],
    ['a file below a file', [...START, file(`${top}/sandstorm/x`)], /below a file/],
    [
      'writing through a link',
      [...START, symlink(`${top}/a`, '/etc'), file(`${top}/a/cron.d/x`)],
      /through a symbolic link/,
    ],
    [
      'writing through a link inside',
      [...START, symlink(`${top}/a`, 'bin'), file(`${top}/a/x`)],
      /through a symbolic link/,
    ],
    ['a link out', [...START, symlink(`${top}/a`, '../../etc/passwd')], /leaves the release/],
    ['a link out on a detour', [...START, symlink(`${top}/d/a`, 'x/../../../y')], /leaves the release/],
    ['a link to a neighbour', [...START, symlink(`${top}/a`, '../sandstorm-3080')], /leaves the release/],
    ['a link to nothing', [...START, symlink(`${top}/a`, '')], /impossible name/],
    ['a link with a line break', [...START, symlink(`${top}/a`, '/x\ny')], /impossible name/],
    ['a hard link out', [...START, hardlink(`${top}/a`, '/etc/shadow')], /no earlier file/],
    ['a hard link up', [...START, hardlink(`${top}/a`, `${top}/../x`)], /no earlier file/],
    ['a hard link to a later file', [...START, hardlink(`${top}/a`, `${top}/b`)], /no earlier file/],
    ['a hard link to a folder', [...START, hardlink(`${top}/a`, top)], /no earlier file/],
    [
      'a hard link to a symbolic one',
      [...START, symlink(`${top}/l`, '/etc/shadow'), hardlink(`${top}/a`, `${top}/l`)],
      /no earlier file/,
    ],
  ])('%s', (_, entries, why) => {
    const refused = refusal(entries);
    expect(refused.message).toMatch(why);
    expect(refused.code).toBe('E_TARBALL_CONTENTS');
    expect(refused.exitCode).toBe(5);
  });

  it('names the entry without letting it touch the terminal', () => {
    const { message } = refusal([...START, file(`${top}/\u001b]0;x\u0007\u009b2J\u202e${'y'.repeat(300)}`)]);
    // eslint-disable-next-line no-control-regex
    expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(message).toContain('\\u001b');
    expect(message.length).toBeLessThan(250);
  });
});

describe('limits', () => {
  const many = (count: number, name: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => file(`sandstorm-308/${name(at)}`));

  it.each<[string, EntryHeader[], object]>([
    ['entries', [...START, ...many(9, String)], { entries: 10 }],
    ['implied folders count', [...START, file('sandstorm-308/a/b/c/d/e/f/g/h/i')], { entries: 10 }],
    ['size of one file', [...START, file('sandstorm-308/x', 0o644, 1e12)], {}],
    ['sizes together', [...START, ...many(11, String)], { unpackedBytes: 20 }],
    ['names together', [...START, ...many(20, (at) => `${'n'.repeat(80)}${at}`)], { allNamesBytes: 1000 }],
  ])('%s', (_, entries, limits) => {
    expect(refusal(entries, limits).code).toBe('E_TARBALL_TOO_BIG');
  });

  it('just at the limit is fine', () => {
    expect(judge([...START, ...many(8, String)], { entries: 10 }).entries).toBe(10);
  });
});
