import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ContentsJudge, type EntryHeader } from '../../../src/release/contents.js';
import { DEFAULT_LIMITS } from '../../../src/release/limits.js';
import { ManifestCollector, type ReleaseManifest } from '../../../src/release/manifest.js';

type Seen = EntryHeader & { readonly data?: readonly string[] };

function manifestOf(entries: readonly Seen[]): ReleaseManifest {
  const collector = new ManifestCollector();
  const judge = new ContentsJudge(DEFAULT_LIMITS, collector);
  for (const { data = [], ...header } of entries) {
    const wanted = judge.entry({ ...header, size: data.join('').length });
    if (wanted === 'data') for (const piece of data) judge.data(Buffer.from(piece));
  }
  judge.facts();
  return collector.manifest();
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const inside = (name: string, rest: Partial<Seen> = {}): Seen => ({
  name: `sandstorm-308/${name}`,
  type: 'file',
  mode: 0o644,
  ...rest,
});
const START = [
  inside('', { type: 'directory' }),
  inside('sandstorm', { mode: 0o755, data: ['#!/bin', '/sh'] }),
];

describe('the manifest', () => {
  it('has every entry below the top folder, in order', () => {
    const manifest = manifestOf([
      ...START,
      inside('bin/', { type: 'directory' }),
      inside('bin/spk', { type: 'symlink', linkname: '../sandstorm' }),
      inside('bin/again', { type: 'link', linkname: 'sandstorm-308/sandstorm', mode: 0o600 }),
      inside('buildstamp', { data: ['stamp', '\n', 'x'.repeat(100)] }),
      inside('empty', { mode: 0o444 }),
    ]);
    const program = { kind: 'file', size: 9, executable: true, sha256: sha256('#!/bin/sh') };
    const stamp = `stamp\n${'x'.repeat(100)}`;
    expect([...manifest]).toEqual([
      ['sandstorm', program],
      ['bin', { kind: 'directory' }],
      ['bin/spk', { kind: 'symlink', target: '../sandstorm' }],
      // One file under two names, whatever the second header says of its mode.
      ['bin/again', program],
      ['buildstamp', { kind: 'file', size: 106, executable: false, sha256: sha256(stamp) }],
      ['empty', { kind: 'file', size: 0, executable: false, sha256: sha256('') }],
    ]);
  });

  it('has the folders that are only implied, once', () => {
    const manifest = manifestOf([
      ...START,
      inside('a/b/c', { data: ['x'] }),
      inside('a/', { type: 'directory' }),
    ]);
    expect([...manifest.keys()]).toEqual(['sandstorm', 'a/b', 'a', 'a/b/c']);
    expect(manifest.get('a/b')).toEqual({ kind: 'directory' });
  });

  it('does not change the facts', () => {
    const facts = (judge: ContentsJudge) => {
      for (const header of START) judge.entry({ ...header, size: 0 });
      judge.entry(inside('buildstamp', { size: 3 }));
      judge.data(Buffer.from('me\n'));
      expect(judge.entry(inside('other', { size: 3 }))).toMatch(/data|skip/);
      return judge.facts();
    };
    const collecting = new ContentsJudge(DEFAULT_LIMITS, new ManifestCollector());
    expect(facts(collecting)).toEqual(facts(new ContentsJudge(DEFAULT_LIMITS)));
  });
});
