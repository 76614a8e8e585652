import { describe, expect, it } from 'vitest';
import type { FoundRelease } from '../../../src/release/picker.js';
import { shortPath, tarballChoices } from '../../../src/wizard/tarball-lines.js';

const found = (path: string, build: number | undefined, size: number, problem?: string): FoundRelease => ({
  path,
  build,
  size,
  problem,
  mtime: new Date(0),
  compression: build === undefined ? undefined : 'xz',
  place: '/media',
  rank: 0,
  hasSignature: path.includes('/media/'),
});
const FOUND = [
  found('/media/usb/sandstorm-309.tar.xz', 309, 176_000_000),
  found('/home/ada/sandstorm-308.tar.xz', 308, 171_000_000),
  found('/media/usb/sandstorm-99.tar.gz', 99, 8_000_000),
  found(
    '/mnt/sandstorm-310.tar.xz',
    undefined,
    12,
    '/mnt/sandstorm-310.tar.xz is empty, not a release tarball',
  ),
];
const lines = (columns: number, installed?: number): string[] =>
  tarballChoices(FOUND, columns, installed).map(({ name, disabled }) =>
    disabled === undefined ? name : `${name} ${disabled}`,
  );

describe('the list of tarballs', () => {
  it('is aligned, says what lies beside each, and shows what is broken with the reason', () => {
    expect(lines(120)).toEqual([
      'build 309     176 MB   signature   /media/usb/sandstorm-309.tar.xz',
      'build 308     171 MB   unsigned    /home/ada/sandstorm-308.tar.xz',
      'build 99        8 MB   signature   /media/usb/sandstorm-99.tar.gz',
      'unusable    12 bytes               /mnt/sandstorm-310.tar.xz (empty, not a release tarball)',
    ]);
  });

  it('lets no name on a stick play with the terminal', () => {
    const path = '/media/usb/\u001b[2Jinstall\nsandstorm-308.tar.xz';
    const [choice] = tarballChoices([found(path, 308, 1)], 120);
    expect(choice).toMatchObject({ value: path, short: '/media/usb/?[2Jinstall?sandstorm-308.tar.xz' });
    expect(choice?.name).toContain('/media/usb/?[2Jinstall?sandstorm-308.tar.xz');
  });

  it('does not let an older build follow the one that runs', () => {
    const choices = tarballChoices(FOUND, 120, 308);
    expect(choices.map(({ disabled }) => disabled !== undefined)).toEqual([false, false, true, true]);
    expect(lines(120, 308)[1]).toMatch(/ {3}installed$/);
    expect(lines(120, 308)[2]).toMatch(/\(older than what is installed\)$/);
  });

  it('leaves only the path on the screen once it was picked', () => {
    expect(tarballChoices(FOUND, 120)[0]).toMatchObject({ short: FOUND[0]?.path, value: FOUND[0]?.path });
  });

  it('fits a narrow terminal, the cursor before it', () => {
    for (const line of lines(80, 308)) expect(line.length).toBeLessThanOrEqual(78);
    for (const line of lines(60)) expect(line.length).toBeLessThanOrEqual(58);
  });
});

describe('a path that is too long', () => {
  it('keeps its beginning and its name', () => {
    expect(shortPath('/media/ada/stick/releases/sandstorm-308.tar.xz', 34)).toBe(
      '/media/ada/s…/sandstorm-308.tar.xz',
    );
    expect(shortPath('/media/usb/x.tar', 16)).toBe('/media/usb/x.tar');
  });

  it('keeps the end of a name that alone is too long', () => {
    const short = shortPath(`/media/${'x'.repeat(50)}-308.tar.xz`, 20);
    expect(short).toHaveLength(20);
    expect(short.endsWith('-308.tar.xz')).toBe(true);
  });
});
