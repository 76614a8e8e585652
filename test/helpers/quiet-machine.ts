import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { standInInstaller } from '../stand-ins/release.js';
import { requireReal } from './real-parts.js';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../', import.meta.url));

/** Whether a person at a quiet machine can be played here; see requireReal. */
export function requireQuietMachine(what: string): boolean {
  if (!requireReal(what, ['tmux', 'unshare', 'mount', 'ip', 'dnsmasq', 'script'])) return false;
  try {
    execFileSync('unshare', ['--mount', '--net', '--pid', '--fork', '--mount-proc', 'true'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    if (process.env.SANDSTORM_AIRGAP_REQUIRE_REAL === '1')
      throw new Error(`${what} needs root and namespaces`);
    console.warn(`real part missing: root and namespaces, skipped: ${what}`);
    return false;
  }
}

/** Where everything lies for who sits at the machine; the temporary folder's own name differs each time. */
export const PLACES = {
  stick: '/media/usb',
  user: '/srv/person',
  home: '/srv/sandstorm',
  state: '/srv/state',
} as const;

/** A question, and the keys that answer it. */
export type Answer = readonly [RegExp, ...string[]];

export interface MachineWish {
  /** Tarballs and scripts to find: path in there -> file here. */
  readonly files: Readonly<Record<string, string>>;
  /** Names and addresses that DNS knows; `*.domain` for all below it. */
  readonly names?: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A shell in a terminal (tmux), in mount, network and process namespaces of its own: no network but
 * 10.20.0.5 and a DNS server, nothing in /srv and /media but what was put there. `airgap` is the built
 * command, and says its exit code when it ends.
 */
export class QuietMachine {
  private constructor(
    private readonly root: string,
    private readonly socket: string,
  ) {}

  static async start(wish: MachineWish): Promise<QuietMachine> {
    const root = await mkdtemp(join(tmpdir(), 'quiet-machine-'));
    const machine = new QuietMachine(root, join(root, 'tmux'));
    await run('chmod', ['755', root]);
    for (const folder of ['srv/person', 'srv/machine', 'media/usb', 'nothing', 'tool']) {
      await mkdir(join(root, folder), { recursive: true });
    }
    for (const part of ['bin', 'dist', 'package.json']) {
      await cp(join(repository, part), join(root, 'tool', part), { recursive: true });
    }
    for (const [path, file] of Object.entries(wish.files)) await cp(file, join(root, path));
    await writeFile(join(root, 'rc'), shellStart(root, wish));
    const inside = `exec unshare --mount --net --pid --fork --mount-proc --kill-child bash --rcfile ${root}/rc -i`;
    const size = ['-x', String(wish.columns ?? 110), '-y', '50'];
    await machine.tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'shell', ...size, inside);
    try {
      await machine.shows(/^\$ *$/m);
    } catch (cause) {
      await machine.stop();
      throw cause;
    }
    return machine;
  }

  /** Types words and keys as tmux names them: "Enter", "C-c", "Down". */
  async type(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.tmux('send-keys', '-t', 'shell', key);
  }

  /** Types each answer once its question stands there. */
  async answer(...pairs: readonly Answer[]): Promise<void> {
    for (const [question, ...keys] of pairs) {
      await this.shows(question);
      await this.type(...keys);
    }
  }

  /** Everything since the last `clear`, lines as they were written, without blanks at line ends and at the end. */
  async screen(): Promise<string> {
    const text = await this.tmux('capture-pane', '-p', '-J', '-S', '-', '-t', 'shell');
    return text
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** Waits until the screen matches. @throws Error with the screen when it does not in time. */
  async shows(pattern: RegExp, withinMs = 60_000): Promise<string> {
    const end = Date.now() + withinMs;
    for (;;) {
      const screen = await this.tmux('capture-pane', '-p', '-J', '-S', '-', '-t', 'shell');
      if (pattern.test(screen)) return this.screen();
      if (Date.now() > end) throw new Error(`never showed ${String(pattern)}:\n${screen}`);
      await sleep(40);
    }
  }

  /** Empties the screen and what was scrolled off it. */
  async clear(): Promise<void> {
    await this.type('clear', 'Enter');
    await this.shows(/^\$\s*$/);
    await this.tmux('clear-history', '-t', 'shell');
  }

  /** All that lies where a run may write, but for what the person brought. */
  async lying(): Promise<string[]> {
    const names = await readdir(join(this.root, 'srv'), { recursive: true });
    return names.filter((name) => !/^(?:person|machine)(?:\/|$)/.test(name)).sort();
  }

  /** A file or folder of the machine, seen from here. */
  at(path: string): string {
    return join(this.root, path);
  }

  /** Copies a file of this machine, as if another stick were put in. */
  async put(file: string, path: string): Promise<void> {
    await cp(file, join(this.root, path));
  }

  async stop(): Promise<void> {
    await this.tmux('kill-server').catch(() => undefined);
    await rm(this.root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  private async tmux(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, TMUX: undefined, LC_ALL: 'C.UTF-8', TERM: 'xterm' };
    return (await run('tmux', ['-S', this.socket, ...args], { env })).stdout;
  }
}

/** install.sh with the folder for everything outside HOME written in: its environment is made anew for it. */
export async function quietInstaller(dir: string, edit = (text: string) => text): Promise<string> {
  const [first = '', ...rest] = edit(await readFile(standInInstaller, 'utf8')).split('\n');
  const path = join(dir, 'install.sh');
  await writeFile(path, [first, 'export STAND_IN_MACHINE_ROOT=/srv/machine', ...rest].join('\n'));
  return path;
}

function shellStart(root: string, { names = {}, env = {} }: MachineWish): string {
  const records = Object.entries(names).flatMap(([name, address]) => {
    const domain = name.replace(/^\*\./, '');
    return name === domain
      ? [`--host-record=${name},${address}`]
      : [`--address=/${domain}/${address}`, `--local=/${domain}/`];
  });
  const all = {
    PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
    PS1: '$ ',
    HOME: PLACES.user,
    SANDSTORM_AIRGAP_HOME: PLACES.home,
    SANDSTORM_AIRGAP_STATE_DIR: PLACES.state,
    SANDSTORM_AIRGAP_UNPRIVILEGED: 'yes',
    SANDSTORM_AIRGAP_SERVER_USER: 'nobody',
    SANDSTORM_AIRGAP_STABLE_FOR: '1',
    ...env,
  };
  return [
    'set -e',
    `mount --bind ${root}/srv /srv`,
    `mount --bind ${root}/media /media`,
    `mount --bind ${root}/nothing /mnt`,
    `[[ ! -d /run/media ]] || mount --bind ${root}/nothing /run/media`,
    `echo nameserver 127.0.0.1 > ${root}/resolv.conf`,
    `mount --bind ${root}/resolv.conf /etc/resolv.conf`,
    // Names of this machine must not depend on the machine that plays it.
    `printf '127.0.0.1 localhost\\n' > ${root}/hosts && mount --bind ${root}/hosts /etc/hosts`,
    'ip link set lo up',
    'ip address add 10.20.0.5/32 dev lo',
    `dnsmasq --conf-file=/dev/null --no-hosts --no-resolv --listen-address=127.0.0.1 --bind-interfaces --pid-file= --user=root --local=/lan/ ${records.join(' ')}`,
    ...Object.entries(all).map(([key, value]) => `export ${key}='${value}'`),
    'unset NO_COLOR CI NODE_OPTIONS',
    `cd ${PLACES.user}`,
    `airgap() { ${process.execPath} ${root}/tool/bin/sandstorm-airgap.js "$@"; echo "exit $?"; }`,
    'export -f airgap',
    'export SHELL=/bin/bash',
    'set +e',
    '',
  ].join('\n');
}

/** What differs from one machine or moment to the next, out of the way, at the same width where it is a column. */
export function settled(screen: string): string {
  return screen
    .replace(/sandstorm-airgap \d+\.\d+\.\d+\S*/, 'sandstorm-airgap VERSION')
    .replace(/( {2}Machine\n)(?: {4}.*\n)+/g, '$1    (checks of this machine)\n')
    .replace(/(setup\/token\/)[0-9A-Za-z_-]+/g, '$1TOKEN')
    .replace(/SHA-256 [0-9a-f]{12}…/g, 'SHA-256 DIGEST…')
    .replace(/\b[0-9A-F]{8}…[0-9A-F]{8}\b/g, 'THE-KEY-ITSELF…')
    .replace(/\b\d+ entries/g, 'N entries')
    .replace(/\d+ random names/g, 'N random names')
    .replace(/\b\d{4}-\d\d-\d\dT\d{6,9}Z/g, 'THE-MOMENT-ITSELF')
    .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, 'DATE')
    .replace(/Pause [\d.]+ s/g, 'Pause N s')
    .replace(/of data in [\d.]+ s/g, 'of data in N s')
    .replace(/\(pid \d+/g, '(pid N')
    .replace(/\bx[0-9a-f]{12}\./g, 'xRANDOM.');
}
