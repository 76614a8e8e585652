import { describe, expect, it } from 'vitest';
import { mountsToCopy, typeAt } from '../../../src/rehearsal/mount-table.js';

const line = (at: string, type: string): string =>
  `36 35 98:0 / ${at} rw,noatime master:1 - ${type} source rw`;
const table = (...mounts: readonly (readonly [string, string])[]): string =>
  mounts.map(([at, type]) => line(at, type)).join('\n');

describe('mountsToCopy', () => {
  it('takes the filesystems with files of the machine, parents first', () => {
    const text = table(
      ['/', 'ext4'],
      ['/opt/sandstorm', 'xfs'],
      ['/opt', 'ext4'],
      ['/tmp', 'tmpfs'],
      ['/mnt/nas', 'nfs4'],
    );
    expect(mountsToCopy(text).map(({ at }) => at)).toEqual(['/opt', '/tmp', '/opt/sandstorm', '/mnt/nas']);
  });

  it('leaves out what is made anew or holds no files of the machine', () => {
    const text = table(
      ['/', 'overlay'],
      ['/proc', 'proc'],
      ['/sys/fs/cgroup', 'cgroup2'],
      ['/dev/shm', 'tmpfs'],
      ['/run', 'tmpfs'],
      ['/run/media/me/stick', 'vfat'],
      ['/snap/core/1', 'squashfs'],
      ['/var/lib/docker/overlay2/ab/merged', 'overlay'],
      ['/home/me/.gvfs', 'fuse.gvfsd-fuse'],
    );
    expect(mountsToCopy(text)).toEqual([]);
  });

  it('reads escaped names, and leaves out those that would break an option list', () => {
    const text = table(['/mnt/my\\040disk', 'ext4'], ['/mnt/a,upperdir=', 'ext4'], ['/mnt/a:b', 'ext4']);
    expect(mountsToCopy(text)).toEqual([{ at: '/mnt/my disk', type: 'ext4' }]);
  });

  it('sees what was mounted last at a place', () => {
    expect(mountsToCopy(table(['/srv', 'ext4'], ['/srv', 'squashfs']))).toEqual([]);
    expect(mountsToCopy(table(['/srv', 'squashfs'], ['/srv', 'ext4']))).toEqual([
      { at: '/srv', type: 'ext4' },
    ]);
  });

  it('has no optional fields to trip over', () => {
    expect(mountsToCopy('36 35 98:0 / /srv rw - ext4 /dev/sda rw\n')).toEqual([{ at: '/srv', type: 'ext4' }]);
  });
});

it('typeAt names the filesystem that holds a path', () => {
  const text = table(['/', 'ext4'], ['/var', 'xfs'], ['/var/tmp', 'tmpfs']);
  expect(typeAt('/var/tmp', text)).toBe('tmpfs');
  expect(typeAt('/var/tmpfile', text)).toBe('xfs');
  expect(typeAt('/opt', text)).toBe('ext4');
});
