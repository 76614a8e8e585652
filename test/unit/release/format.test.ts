import { describe, expect, it } from 'vitest';
import {
  buildInFileName,
  buildOf,
  compressionOf,
  topFolder,
  versionName,
} from '../../../src/release/format.js';
import { gzipOf, least, tarOf } from '../../helpers/archives.js';

describe('compressionOf', () => {
  it('knows the three kinds by their first bytes', async () => {
    const tar = await tarOf(least());
    expect(compressionOf(tar)).toBe('tar');
    expect(compressionOf(gzipOf(tar))).toBe('gzip');
    expect(compressionOf(Buffer.from('fd377a585a000004', 'hex'))).toBe('xz');
  });

  it.each([
    ['nothing', ''],
    ['five of six bytes of xz', 'fd377a585a'],
    ['bzip2', '425a68393141'],
    ['zeros', '00'.repeat(512)],
  ])('does not take %s for a tarball', (_, hex) => {
    expect(compressionOf(Buffer.from(hex, 'hex'))).toBeUndefined();
  });
});

describe('buildOf', () => {
  it.each([
    ['sandstorm-308', 308],
    ['sandstorm-0', 0],
    ['sandstorm-2147483647', 2147483647],
  ])('%s is a release', (folder, build) => {
    expect(buildOf(folder)).toBe(build);
  });

  it.each([
    'sandstorm-2147483648',
    'sandstorm-99999999999',
    'sandstorm-0308',
    'sandstorm-',
    'sandstorm--1',
    'sandstorm-308-fast',
    'sandstorm-3e2',
    'sandstorm-custom.2026-01-01_00-00-00',
    'Sandstorm-308',
    'xsandstorm-308',
    'sandstorm-308\n',
    '',
    '.',
  ])('%j is none', (folder) => {
    expect(buildOf(folder)).toBeUndefined();
  });
});

it('topFolder is what comes before the first slash', () => {
  expect(topFolder('sandstorm-308/bin/node')).toBe('sandstorm-308');
  expect(topFolder('./sandstorm-308/')).toBe('.');
  expect(topFolder('/etc')).toBe('');
  expect(topFolder('loose')).toBe('loose');
});

it('versionName says it as people do', () => {
  expect(versionName(308)).toBe('0.308');
  expect(versionName(0)).toBe('custom build');
});

describe('buildInFileName', () => {
  it.each([
    ['/media/usb/sandstorm-308.tar.xz', 308],
    ['sandstorm-0.308.tar.gz', 308],
    ['Sandstorm-308.TGZ', 308],
    ['sandstorm-308 (1).tar.xz', 308],
    ['sandstorm-0-fast.tar.xz', 0],
  ])('%s claims a build', (path, build) => {
    expect(buildInFileName(path)).toBe(build);
  });

  it.each([
    'sandstorm.tar.xz',
    'sandstorm-2024-backup.tar.xz',
    'my-sandstorm-308.tar.xz',
    '/media/sandstorm-308/latest.tar.xz',
    'sandstorm-308.tar.xz.sig',
    'sandstorm-308.zip',
  ])('%s claims nothing', (path) => {
    expect(buildInFileName(path)).toBeUndefined();
  });
});
