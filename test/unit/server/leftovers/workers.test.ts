import { describe, expect, it } from 'vitest';
import { workersOn } from '../../../../src/server/leftovers/workers.js';
import type { ProcessGlance } from '../../../../src/system/host.js';

const HOME = '/opt/sandstorm';
const SELF = 100;

function aProcess(more: Partial<ProcessGlance>): ProcessGlance {
  return {
    pid: 42,
    parent: 1,
    uid: 0,
    name: 'x',
    command: ['x'],
    held: [],
    identities: [],
    hidden: false,
    ...more,
  };
}

const cwd = (path: string): Pick<ProcessGlance, 'held'> => ({ held: [{ by: 'cwd', path }] });
const exe = (path: string): Pick<ProcessGlance, 'held'> => ({ held: [{ by: 'exe', path }] });
const found = (more: Partial<ProcessGlance>): string[] =>
  workersOn(HOME, [aProcess(more)], SELF).map(({ what }) => what);

describe('who may be making what looks like a leftover', () => {
  it.each<[string, Partial<ProcessGlance>, string]>([
    [
      'sandstorm update from the release',
      {
        ...exe(`${HOME}/sandstorm-308/sandstorm`),
        command: ['/usr/local/bin/sandstorm', 'update', 'x.tar.xz'],
      },
      'sandstorm update',
    ],
    [
      'the same as a script',
      { ...cwd(`${HOME}/sandstorm-308`), command: ['perl', '/opt/sandstorm/sandstorm', 'update', 'x'] },
      'sandstorm update',
    ],
    [
      "the server's updater",
      { ...cwd(`${HOME}/sandstorm-308`), name: 'sandstorm/updat', command: ['sandstorm', 'start'] },
      "Sandstorm's own updater",
    ],
    [
      'install.sh at a question',
      { ...cwd(HOME), name: 'bash', command: ['bash', '/media/usb/install.sh'] },
      'install.sh, or a shell,',
    ],
    [
      'install.sh out of a pipe',
      { ...cwd(HOME), name: 'bash', command: ['bash'] },
      'install.sh, or a shell,',
    ],
  ])('is %s', (_, more, what) => {
    expect(found(more)).toEqual([what]);
  });

  it.each<[string, Partial<ProcessGlance>]>([
    [
      'the server itself',
      { ...cwd(`${HOME}/sandstorm-308`), name: 'sandstorm/top', command: ['sandstorm (top-level)'] },
    ],
    ['an update of another server', { ...cwd('/opt/other/sandstorm-308'), command: ['sandstorm', 'update'] }],
    ['a login shell in HOME', { ...cwd(HOME), name: 'bash', command: ['-bash'] }],
    ['an editor in HOME', { ...cwd(HOME), name: 'vi', command: ['vi', 'sandstorm.conf'] }],
  ])('is not %s', (_, more) => {
    expect(found(more)).toEqual([]);
  });

  it('is neither we nor who started us', () => {
    const processes = [
      aProcess({ pid: SELF, parent: 60, ...cwd(HOME), command: ['node', 'sandstorm-airgap', 'clean'] }),
      aProcess({ pid: 60, parent: 50, ...cwd(HOME), name: 'sudo', command: ['sudo', 'sandstorm-airgap'] }),
      aProcess({ pid: 50, parent: 1, ...cwd(HOME), name: 'bash', command: ['bash'] }),
      aProcess({ pid: 70, parent: 50, ...cwd(HOME), name: 'bash', command: ['bash'] }),
    ];
    expect(workersOn(HOME, processes, SELF).map(({ pid }) => pid)).toEqual([70]);
  });
});
