import { join } from 'node:path';
import type { Mount } from './mount-table.js';

/** Where things of the rehearsal lie inside the room. */
export const ROOM = {
  folder: '/run/sandstorm-rehearsal',
  files: '/run/sandstorm-rehearsal/files',
  /** The folder through which outcome and transcript come out. */
  exchange: '/run/sandstorm-rehearsal/exchange',
  /** The real machine, until everything is in its place. */
  host: '/run/sandstorm-rehearsal/host',
} as const;

/** What shows that one is in such a room: the source named in the mount of `/`. */
export const VIEW_NAME = 'sandstorm-rehearsal';

export type RoomStep =
  | {
      readonly do: 'run';
      readonly argv: readonly string[];
      /** Tried when it fails. */
      readonly otherwise?: readonly string[];
      /** The room is good enough without it. */
      readonly optional?: true;
    }
  | { readonly do: 'write'; readonly path: string; readonly text: string }
  /** Shows a path of the machine at the same place, read-only, where the view has nothing there. */
  | { readonly do: 'show'; readonly path: string };

export interface CopiedMount extends Mount {
  /** A file may be a mount of its own, as /etc/hosts is in containers. */
  readonly kind: 'directory' | 'file';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface RoomWish {
  /** Folder outside, without links, for the layers and the exchange. */
  readonly work: string;
  /** The layers go into memory instead. */
  readonly inMemory: boolean;
  readonly root: Omit<CopiedMount, 'kind'>;
  readonly mounts: readonly CopiedMount[];
  /** Files to have inside, without links; `as` is a path below ROOM.files. */
  readonly files: readonly { readonly from: string; readonly as: string }[];
  /** The tool's own program and folders, without links. */
  readonly tool: readonly string[];
  /** An installation of Sandstorm to be out of sight. */
  readonly hideHome: string | undefined;
  readonly hideFiles: readonly string[];
  /** Address that all names of the server have inside. */
  readonly address: string;
  readonly loopback: 'ip' | 'ifconfig';
}

/**
 * Every step from the real machine to a copy-on-write view of it with devices, processes, network and names
 * of its own. Pure. Must be carried out in new mount, pid and network namespaces, as root.
 *
 * Before `pivot_root` only paths that the kernel gave without links are touched below the new root: an
 * absolute link in the view would lead back out to the real machine.
 */
export function planRoom(wish: RoomWish): readonly RoomStep[] {
  return [...layers(wish), ...ownParts(join(wish.work, 'root')), ...turnIn(wish.work), ...furnish(wish)];
}

function layers({ work, inMemory, root, mounts }: RoomWish): RoomStep[] {
  const all: CopiedMount[] = [{ ...root, kind: 'directory' }, ...mounts];
  const view = join(work, 'root');
  return [
    run('mkdir', '-p', join(work, 'layers'), view),
    ...(inMemory
      ? [run('mount', '-n', '-t', 'tmpfs', '-o', 'mode=0700', 'tmpfs', join(work, 'layers'))]
      : []),
    ...all.flatMap((mount, index): RoomStep[] => {
      const target = mount.at === '/' ? view : join(view, mount.at);
      const readOnly = ['mount', '-n', '--bind', '-o', 'ro', mount.at, target];
      if (mount.kind === 'file') return [{ do: 'run', argv: readOnly, optional: true }];
      const upper = join(work, 'layers', String(index), 'upper');
      const spare = join(work, 'layers', String(index), 'work');
      const argv = overlay(mount.at, upper, spare, target);
      return [
        run('mkdir', '-p', upper, spare),
        // The view's own top folder is the upper layer's.
        run('chown', `${String(mount.uid)}:${String(mount.gid)}`, upper),
        run('chmod', (mount.mode & 0o7777).toString(8), upper),
        // A filesystem that cannot be a lower layer is seen, and not written to.
        index === 0 ? run(...argv) : { do: 'run', argv, otherwise: readOnly, optional: true },
      ];
    }),
  ];
}

/** mount's argument list for a copy-on-write view. */
export function overlay(lower: string, upper: string, spare: string, target: string): string[] {
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${spare}`;
  return ['mount', '-n', '-t', 'overlay', VIEW_NAME, '-o', options, target];
}

/** Devices, processes and sockets of the real machine stay outside; without /run nothing reaches its systemd. */
function ownParts(view: string): RoomStep[] {
  const at = (path: string): string => join(view, path);
  const nodes = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
  return [
    run('mkdir', '-p', at('run'), at('dev'), at('proc'), at('sys')),
    run('mount', '-n', '-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', at('run')),
    run('mkdir', '-p', at('run/lock'), at(ROOM.files), at(ROOM.exchange), at(ROOM.host)),
    run('mount', '-n', '-t', 'tmpfs', '-o', 'mode=0755,nosuid', 'tmpfs', at('dev')),
    run('mkdir', at('dev/pts'), at('dev/shm')),
    ...nodes.flatMap((name) => [
      run('touch', at(`dev/${name}`)),
      run('mount', '-n', '--bind', `/dev/${name}`, at(`dev/${name}`)),
    ]),
    run('mount', '-n', '-t', 'devpts', '-o', 'newinstance,ptmxmode=0666,mode=0620', 'devpts', at('dev/pts')),
    run('mount', '-n', '-t', 'tmpfs', '-o', 'mode=1777,nosuid,nodev', 'tmpfs', at('dev/shm')),
    run('ln', '-s', 'pts/ptmx', at('dev/ptmx')),
    run('ln', '-s', '/proc/self/fd', at('dev/fd')),
    ...['stdin', 'stdout', 'stderr'].map((name, fd) =>
      run('ln', '-s', `/proc/self/fd/${String(fd)}`, at(`dev/${name}`)),
    ),
    run('mount', '-n', '-t', 'proc', 'proc', at('proc')),
    // Most of what is set there is set for the whole machine.
    run('mount', '-n', '--bind', '-o', 'ro', at('proc/sys'), at('proc/sys')),
    { ...run('mount', '-n', '-t', 'sysfs', '-o', 'ro', 'sysfs', at('sys')), optional: true },
  ];
}

/** Not chroot: in one nobody may make user namespaces, as Sandstorm does for its grains. */
function turnIn(work: string): RoomStep[] {
  const view = join(work, 'root');
  return [run('pivot_root', view, join(view, ROOM.host))];
}

/** From here on `/` is the view, and links in it lead to its own files. */
function furnish(wish: RoomWish): RoomStep[] {
  const outside = (path: string): string => join(ROOM.host, path);
  const { work, hideHome, address, loopback } = wish;
  const empty = outside(join(work, 'layers/empty'));
  return [
    ...wish.files.flatMap(({ from, as }) => {
      const target = join(ROOM.files, as);
      return [
        run('mkdir', '-p', join(target, '..')),
        run('touch', target),
        run('mount', '-n', '--bind', '-o', 'ro', outside(from), target),
      ];
    }),
    run('mount', '-n', '--bind', outside(join(work, 'exchange')), ROOM.exchange),
    ...wish.tool.map((path): RoomStep => ({ do: 'show', path })),
    ...(hideHome === undefined
      ? []
      : [
          run('mkdir', '-p', empty),
          run('chmod', '755', empty),
          run('mount', '-n', '--bind', empty, hideHome),
        ]),
    ...(wish.hideFiles.length > 0 ? [run('rm', '-rf', ...wish.hideFiles)] : []),
    // It holds the layers themselves; looking at those through the view is an error.
    { ...run('mount', '-n', '-t', 'tmpfs', 'tmpfs', work), optional: true },
    run('rm', '-f', '/etc/resolv.conf'),
    { do: 'write', path: '/etc/resolv.conf', text: 'nameserver 127.0.0.1\n' },
    ...network(address, loopback),
    run('umount', '-n', '-l', ROOM.host),
  ];
}

function network(address: string, loopback: 'ip' | 'ifconfig'): RoomStep[] {
  const own = address === '127.0.0.1' || address === '::1';
  if (loopback === 'ip') {
    return [
      run('ip', 'link', 'set', 'lo', 'up'),
      ...(own
        ? []
        : [run('ip', 'addr', 'add', `${address}/${address.includes(':') ? '128' : '32'}`, 'dev', 'lo')]),
    ];
  }
  return [
    run('ifconfig', 'lo', '127.0.0.1', 'up'),
    ...(own ? [] : [run('ifconfig', 'lo:0', address, 'netmask', '255.255.255.255', 'up')]),
  ];
}

function run(...argv: string[]): RoomStep & { readonly do: 'run' } {
  return { do: 'run', argv };
}
