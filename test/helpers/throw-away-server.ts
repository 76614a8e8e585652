import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal, type ErrorCode } from '../../src/errors.js';
import { install, type InstallRequest, type InstallResult } from '../../src/operations/install.js';
import {
  abort,
  resume,
  type AbortRequest,
  type TakenUp,
  type TakeUpRequest,
} from '../../src/operations/resume.js';
import { rollback, type RollbackRequest, type RollbackResult } from '../../src/operations/rollback.js';
import {
  createSnapshot,
  pruneSnapshotsByHand,
  type ListedSnapshot,
  type SnapshotRequest,
  type SnapshotResult,
} from '../../src/operations/snapshots.js';
import {
  update,
  UPDATE_AS_USUAL,
  type UpdateRequest,
  type UpdateResult,
} from '../../src/operations/update.js';
import { buildWorld, type World } from '../../src/rehearsal/world.js';
import type { Host } from '../../src/system/host.js';
import { createTranscript } from '../../src/system/log.js';
import { realHost } from '../../src/system/real-host.js';
import type { Ui } from '../../src/ui.js';
import { requireReal } from './real-parts.js';

/** A rehearsal's world, with the operations at hand as a script would call them. */
export interface ThrowAwayServer {
  readonly world: World;
  readonly host: Host;
  /** What was said to the person. */
  readonly said: string[];
  install(tarball: string, more?: Partial<InstallRequest>, host?: Host): Promise<InstallResult>;
  update(
    tarball: string,
    more?: Partial<UpdateRequest>,
    host?: Host,
    confirm?: Ui['confirm'],
  ): Promise<UpdateResult>;
  resume(more?: Partial<TakeUpRequest>, host?: Host, confirm?: Ui['confirm']): Promise<TakenUp>;
  abort(more?: Partial<AbortRequest>, host?: Host, confirm?: Ui['confirm']): Promise<TakenUp>;
  rollback(more?: Partial<RollbackRequest>, host?: Host, confirm?: Ui['confirm']): Promise<RollbackResult>;
  snapshot(more?: Partial<SnapshotRequest>, host?: Host): Promise<SnapshotResult>;
  prune(keep: number, dryRun?: boolean): Promise<readonly ListedSnapshot[]>;
  /** A copy of install.sh with this put before the line of one of its last calls ("make_token"). */
  scriptThat(does: string, before: string): Promise<string>;
  /** Every path in it, with all that a change would change. */
  tree(): Promise<string>;
  pid(): Promise<number | undefined>;
  end(): Promise<void>;
}

const PATIENCE = { startTimeoutMs: 6000, stableMs: 300, scriptTimeoutMs: 60_000 };

/** Whether servers can be made here; see requireReal. `what` is tested with them. */
export function canHaveServers(what: string): boolean {
  return requireReal(what, ['script', 'bash', 'perl', 'tar', 'xz', 'openssl']);
}

export async function throwAwayServer(): Promise<ThrowAwayServer> {
  const never = new AbortController().signal;
  const transcript = createTranscript(() => new Date());
  const world = await buildWorld(realHost(transcript, { signal: never, unbroken: (work) => work() }));
  const { host, home, root } = world;
  const said: string[] = [];
  const ui: Ui = {
    say: (text = '') => void said.push(text),
    saySecret: (text) => void said.push(text),
    check: ({ id, status, lines }) => void said.push(`${id}: ${status}: ${lines.join('; ')}`),
    step: (_, work) => work({ detail: (text) => void said.push(text), bytes: () => undefined }),
    confirm: () => Promise.resolve(true),
  };
  /** As after every command: what was said in it is on the disk, and nothing is added later. */
  const closing = <T>(work: Promise<T>): Promise<T> => work.finally(transcript.close);
  const common = {
    home,
    resolvers: [],
    expectAddress: undefined,
    waive: [],
    proof: { allowUnsigned: false, keyFile: undefined, trustKey: undefined },
    stagingDir: undefined,
    patience: PATIENCE,
    dryRun: false,
    keepTranscript: (file: string) => transcript.addFile(file),
  };
  return {
    world,
    host,
    said,
    install: (tarball, more = {}, on = host) =>
      closing(
        install(
          {
            ...common,
            tarball,
            installScript: world.installScript,
            baseUrl: world.baseUrl,
            wildcardHost: world.wildcardHost,
            ports: { http: [world.ports.http], mongo: world.ports.mongo, smtp: world.ports.smtp },
            bindIp: '127.0.0.1',
            serverUser: world.serverUser,
            unprivileged: true,
            scriptEnv: world.scriptEnv,
            ...more,
          },
          on,
          ui,
        ),
      ),
    update: (tarball, more = {}, on = host, confirm = ui.confirm) =>
      closing(
        update(
          {
            ...common,
            tarball,
            installScript: undefined,
            allowDowngrade: false,
            reinstall: false,
            ...UPDATE_AS_USUAL,
            ...more,
          },
          on,
          {
            ...ui,
            confirm,
          },
        ),
      ),
    resume: (more = {}, on = host, confirm = ui.confirm) =>
      closing(resume({ ...common, ...more }, on, { ...ui, confirm })),
    abort: (more = {}, on = host, confirm = ui.confirm) =>
      closing(abort({ ...common, leave: false, ...more }, on, { ...ui, confirm })),
    rollback: (more = {}, on = host, confirm = ui.confirm) =>
      closing(rollback({ ...common, to: undefined, ...more }, on, { ...ui, confirm })),
    snapshot: (more = {}, on = host) =>
      closing(createSnapshot({ ...common, scope: 'database', ...more }, on, ui)),
    prune: (keep, dryRun = false) => pruneSnapshotsByHand(home, keep, dryRun, host, ui),
    async scriptThat(does, before) {
      const text = await readFile(world.installScript, 'utf8');
      const changed = text.replace(`\n${before}\n`, () => `\n${does}\n${before}\n`);
      if (changed === text) throw new Error(`install.sh has no line ${before}`);
      const path = join(
        root,
        'usb-stick',
        `install-${createHash('sha256').update(does).digest('hex').slice(0, 8)}.sh`,
      );
      await writeFile(path, changed);
      return path;
    },
    tree: () => treeOf(root),
    pid: async () => {
      const text = await readFile(join(home, 'var/pid/sandstorm.pid'), 'utf8').catch(() => '');
      const pid = Number(text.trim());
      return pid > 0 && host.processes.alive(pid) && (await host.processes.cwd(pid)) !== undefined
        ? pid
        : undefined;
    },
    async end() {
      transcript.close();
      await world.end();
    },
  };
}

/** One line a path: mode, owner, size, change and status times, target. Content changes show in the times. */
export async function treeOf(root: string, below = ''): Promise<string> {
  const lines: string[] = [];
  for (const name of (await readdir(join(root, below))).sort()) {
    const path = join(below, name);
    const { mode, uid, gid, size, ino, mtimeMs, ctimeMs } = await lstat(join(root, path));
    const target = await readlink(join(root, path)).catch(() => '');
    lines.push([path, mode.toString(8), uid, gid, size, ino, mtimeMs, ctimeMs, target].join(' '));
    if ((mode & 0o170000) === 0o040000) lines.push(await treeOf(root, path));
  }
  return lines.filter((line) => line !== '').join('\n');
}

/** The refusal that `work` ends with; anything else fails the test. */
export async function refusalOf(work: Promise<unknown>, code: ErrorCode): Promise<Refusal> {
  const ended = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(ended instanceof Refusal))
    throw ended instanceof Error ? ended : new Error(`${code} was expected, it was done`);
  if (ended.code !== code)
    throw new Error(`${code} was expected: ${ended.code}: ${ended.message}`, { cause: ended });
  return ended;
}
