import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, open, readdir, rmdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checkAnswer } from './answers.js';
import { containerRoot } from './container-root.js';
import { requireReal } from './real-parts.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/** Where the built command lies in a container; `sandstorm-airgap` is on its PATH. */
export const SHIPPED = '/usr/local/lib/sandstorm-airgap';

interface Shipped {
  /** Path here -> path in a container. */
  readonly files: Readonly<Record<string, string>>;
  /** What `sandstorm-airgap` on the PATH is a link to. */
  readonly command: string;
}

let shipped: Shipped = {
  files: {
    [process.execPath]: '/usr/local/bin/node',
    ...Object.fromEntries(
      ['bin', 'dist', 'templates', 'package.json']
        .filter((part) => existsSync(join(repository, part)))
        .map((part) => [join(repository, part), `${SHIPPED}/${part}`]),
    ),
  },
  command: `${SHIPPED}/bin/sandstorm-airgap.js`,
};

/** From now on containers have the tool as it lies in that folder, unpacked from its archive, and no node. */
export function shipArchive(folder: string): void {
  shipped = { files: { [folder]: SHIPPED }, command: `${SHIPPED}/sandstorm-airgap` };
}

/** Making a root takes a while the first time: give it to beforeAll. */
export const CONTAINER_TIMEOUT = 400_000;

interface ContainerWish {
  /** systemd or sysvinit as PID 1, or neither: nothing that manages services, no /etc/init.d. */
  readonly init: 'systemd' | 'sysvinit' | 'none';
  /** Debian's name of the release in it; bookworm when left out. Others have no init. */
  readonly suite?: 'bullseye' | 'trixie';
  /** Folders or files of this machine to show read-only: path here -> path in there. */
  readonly show?: Readonly<Record<string, string>>;
  /** The same, and it may write there. */
  readonly share?: Readonly<Record<string, string>>;
  /** It has sshd and Python besides systemd. */
  readonly managed?: boolean;
  /** Neither the built command nor node is in it. */
  readonly withoutTool?: boolean;
  /** A folder that is its whole disk and keeps what is written, instead of a throw-away layer. */
  readonly root?: RootFolder;
}

interface RootFolder {
  readonly path: string;
  /** Process in whose mount namespace that path is. */
  readonly seenBy: number;
}

export interface RunWish {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Default 60 s; the command and its children are killed then and exitCode is -1. */
  readonly timeoutMs?: number;
}

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Container {
  /** Its PID 1, as this machine sees it. */
  readonly pid: number;
  /** Runs a command as root to its end. */
  run(command: readonly string[], wish?: RunWish): Promise<Ran>;
  /** Like `run` with `bash -c`, its output trimmed; throws when it fails. */
  sh(script: string, wish?: RunWish): Promise<string>;
  /** Copies a file of this machine, mode included. */
  put(hostPath: string, path: string): Promise<void>;
  write(path: string, text: string): Promise<void>;
  /**
   * dnsmasq on 127.0.0.1, named in resolv.conf. Keys are names, `*.domain` for all names below it (not in bullseye),
   * or `.domain` for both.
   * Everything else does not exist.
   */
  startDns(records: Readonly<Record<string, string>>): Promise<void>;
  /** Ends everything in it, at once. Nothing of it stays. */
  stop(): Promise<void>;
}

/** Whether containers can be made here; see requireReal. */
export function requireContainers(what: string): boolean {
  const programs = ['systemd-nspawn', 'mmdebstrap', 'nsenter', 'setpriv', 'flock'];
  if (!requireReal(what, programs)) return false;
  if (process.getuid?.() === 0) return true;
  if (process.env.SANDSTORM_AIRGAP_REQUIRE_REAL === '1') throw new Error(`${what} needs root`);
  console.warn(`real part missing: root, skipped: ${what}`);
  return false;
}

/** Boots a container without network on a throw-away layer over a cached root, in about a second. */
export async function startContainer(wish: ContainerWish): Promise<Container> {
  const root = wish.root?.path ?? (await rootFor(wish));
  const name = `airgap-test-${randomBytes(4).toString('hex')}`;
  const cgroups = await makeCgroups(name);
  const nspawn = boot(name, root, cgroups, wish);
  const container = new NspawnContainer(nspawn, cgroups);
  try {
    await container.settle(wish.init);
    if (wish.root === undefined) await container.prepare(wish);
    return container;
  } catch (cause) {
    await container.stop();
    throw cause;
  }
}

function rootFor({ init, suite, managed }: ContainerWish): Promise<string> {
  if (suite !== undefined) return containerRoot('plain', suite);
  if (managed === true) return containerRoot('managed');
  return containerRoot(init === 'systemd' ? 'systemd' : 'sysvinit');
}

function boot(name: string, root: string, cgroups: readonly string[], wish: ContainerWish): ChildProcess {
  const shown = { ...wish.show, ...(wish.withoutTool === true ? {} : shipped.files) };
  const intoCgroups = cgroups.map((folder) => `echo $$ > ${folder}/cgroup.procs && `).join('');
  const args = [
    // A test that dies must not leave a machine running.
    ...[
      '--pdeathsig',
      'TERM',
      'systemd-nspawn',
      '--kill-signal=SIGKILL',
      '--quiet',
      '-D',
      root,
      ...(wish.root === undefined ? ['--volatile=overlay'] : []),
    ],
    ...['--machine', name, '--hostname', 'box', '--private-network', '--register=no', '--keep-unit'],
    ...['--console=pipe', '--resolv-conf=off', '--timezone=off'],
    ...Object.entries(shown).map(([from, to]) => `--bind-ro=${from}:${to}`),
    ...Object.entries(wish.share ?? {}).map(([from, to]) => `--bind=${from}:${to}`),
    ...(wish.init === 'none' ? ['--as-pid2', '/bin/sleep', 'infinity'] : ['--boot']),
  ];
  const elsewhere = wish.root === undefined ? '' : `nsenter --mount --target ${String(wish.root.seenBy)} `;
  return spawn('sh', ['-c', `${intoCgroups}exec ${elsewhere}setpriv "$@"`, 'sh', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
}

/**
 * A control group of its own in each hierarchy nspawn uses. It would put all containers it starts from
 * one unit into the same one, and their systemds would then see and kill each other's services.
 */
async function makeCgroups(name: string): Promise<string[]> {
  const base = '/sys/fs/cgroup';
  const hierarchies = existsSync(`${base}/cgroup.procs`) ? [base] : [`${base}/systemd`, `${base}/unified`];
  const folders = hierarchies.filter((folder) => existsSync(folder)).map((folder) => join(folder, name));
  for (const folder of folders) await mkdir(folder);
  return folders;
}

class NspawnContainer implements Container {
  private leader = 0;
  private complaints = '';
  private readonly ended: Promise<void>;

  constructor(
    private readonly nspawn: ChildProcess,
    private readonly cgroups: readonly string[],
  ) {
    this.ended = new Promise((resolve) => {
      nspawn.once('exit', () => resolve());
    });
    nspawn.stderr?.setEncoding('utf8').on('data', (text: string) => (this.complaints += text));
  }

  get pid(): number {
    return this.leader;
  }

  /** Waits until PID 1 is there and has finished booting. */
  async settle(init: ContainerWish['init']): Promise<void> {
    const isUp = {
      // Waits by itself once it can be asked: asking again and again is half the work of a boot.
      systemd: 'systemctl is-system-running --wait | grep -qE "running|degraded"',
      sysvinit: 'runlevel | grep -q " 2"',
      none: 'grep -q stubinit /proc/1/comm',
    }[init];
    const end = Date.now() + 60_000;
    do {
      if (this.nspawn.exitCode !== null || Date.now() > end) {
        throw new Error(`the container did not start: ${this.complaints}`);
      }
      await sleep(50);
      this.leader = leaderOf(this.nspawn.pid ?? 0);
    } while (this.leader === 0 || (await this.run(['sh', '-c', isUp])).exitCode !== 0);
  }

  async prepare({ init, withoutTool }: ContainerWish): Promise<void> {
    const prepare = [
      'printf "127.0.0.1 localhost\\n127.0.1.1 box.sandstorm.test box\\n" > /etc/hosts',
      ': > /etc/resolv.conf',
      ...(withoutTool === true ? [] : [`ln -s ${shipped.command} /usr/local/bin/sandstorm-airgap`]),
      ...(init === 'none' ? ['rm -rf /etc/init.d'] : []),
    ];
    await this.sh(prepare.join(' && '));
  }

  async run(command: readonly string[], wish: RunWish = {}): Promise<Ran> {
    const ran = await this.enter(command, wish, undefined);
    checkAnswer(command.join(' ').split(/\s+/), ran.stdout);
    return ran;
  }

  async sh(script: string, wish: RunWish = {}): Promise<string> {
    const ran = await this.run(['bash', '-c', script], wish);
    if (ran.exitCode !== 0) {
      throw new Error(`${script}: exit ${String(ran.exitCode)}\n${ran.stdout}\n${ran.stderr}`);
    }
    return ran.stdout.trim();
  }

  async put(hostPath: string, path: string): Promise<void> {
    const mode = ((await stat(hostPath)).mode & 0o7777).toString(8);
    const file = await open(hostPath);
    try {
      const script = 'mkdir -p "${1%/*}" && cat > "$1" && chmod "$2" "$1"';
      const ran = await this.enter(['bash', '-c', script, 'bash', path, mode], { timeoutMs: 120_000 }, file);
      if (ran.exitCode !== 0) throw new Error(`put ${path}: ${ran.stderr}`);
    } finally {
      await file.close();
    }
  }

  async write(path: string, text: string): Promise<void> {
    const ran = await this.run(['bash', '-c', 'mkdir -p "${1%/*}" && cat > "$1"', 'bash', path], {
      input: text,
    });
    if (ran.exitCode !== 0) throw new Error(`write ${path}: ${ran.stderr}`);
  }

  async startDns(records: Readonly<Record<string, string>>): Promise<void> {
    const lines = Object.entries(records).map(([name, address]) =>
      /^[*.]/.test(name)
        ? `address=/${name.replace(/^\./, '')}/${address}`
        : `host-record=${name},${address}`,
    );
    const settings = ['listen-address=127.0.0.1', 'bind-interfaces', 'no-resolv', 'no-hosts', 'address=/#/'];
    await this.write('/etc/dnsmasq-test.conf', [...settings, ...lines, ''].join('\n'));
    await this.write('/etc/resolv.conf', 'nameserver 127.0.0.1\n');
    await this.sh(
      'test ! -e /run/dnsmasq-test.pid || kill "$(cat /run/dnsmasq-test.pid)"; sleep 0.1; dnsmasq -C /etc/dnsmasq-test.conf -x /run/dnsmasq-test.pid',
    );
  }

  async stop(): Promise<void> {
    // nspawn passes it on as SIGKILL to PID 1, which takes everything in its pid namespace along.
    this.nspawn.kill('SIGTERM');
    await this.ended;
    for (const folder of this.cgroups) await removeCgroup(folder);
  }

  private enter(command: readonly string[], wish: RunWish, input: FileHandle | undefined): Promise<Ran> {
    const env = { PATH, HOME: '/root', LANG: 'C.UTF-8', TERM: 'xterm', ...wish.env };
    const args = [
      ...['-t', String(this.leader), '-a', 'env', '-i', '-C', wish.cwd ?? '/'],
      ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
      ...command,
    ];
    return new Promise((resolve, reject) => {
      const child = spawn('nsenter', args, { stdio: [input?.fd ?? 'pipe', 'pipe', 'pipe'], detached: true });
      const text = { stdout: '', stderr: '' };
      child.stdout?.setEncoding('utf8').on('data', (part: string) => (text.stdout += part));
      child.stderr?.setEncoding('utf8').on('data', (part: string) => (text.stderr += part));
      child.stdin?.on('error', () => undefined).end(wish.input ?? '');
      const timer = setTimeout(() => {
        try {
          process.kill(-(child.pid ?? 0), 'SIGKILL');
        } catch {
          // just ended
        }
      }, wish.timeoutMs ?? 60_000);
      child.once('error', reject);
      // `exit`, then a moment for what it printed: a daemon it started may hold the pipes for ever.
      child.once('exit', (code) => {
        clearTimeout(timer);
        const drained = Promise.race([new Promise((done) => child.once('close', done)), sleep(300)]);
        void drained.then(() => {
          child.stdout?.destroy();
          child.stderr?.destroy();
          resolve({ exitCode: code ?? -1, ...text });
        });
      });
    });
  }
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * PID 1 of the container; 0 when it is not there yet. On the way nspawn has other children, some of which
 * still see this machine's own root: a command sent into one of those would hit this machine.
 */
function leaderOf(nspawn: number): number {
  const read = (path: string): string => readFileSync(`/proc/${path}`, 'utf8');
  try {
    const children = read(`${String(nspawn)}/task/${String(nspawn)}/children`)
      .trim()
      .split(' ');
    const leader = children.find((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      const isFirst = /^NSpid:(\t\d+)+\t1$/m.test(read(`${pid}/status`));
      const its = statSync(`/proc/${pid}/root`);
      const ours = statSync('/');
      return isFirst && (its.dev !== ours.dev || its.ino !== ours.ino);
    });
    return Number(leader ?? 0);
  } catch {
    return 0;
  }
}

async function removeCgroup(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await removeCgroup(join(folder, entry.name));
  }
  // The kernel takes a moment to see that the last process has gone.
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return;
      await sleep(50);
    }
  }
}
