import { join } from 'node:path';
import { Refusal } from '../errors.js';
import { objectIn } from '../json.js';
import type { Host } from '../system/host.js';
import { randomHex } from '../system/random.js';
import { moment } from '../words.js';
import { stateDirs } from './state-dir.js';

/** Who holds a HOME. Process number and its start time together name one process for good. */
export interface LockOwner {
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
  readonly operation: string;
  readonly user: string;
  /** ISO 8601, or empty when the power went before it was written. */
  readonly since: string;
}

/** For the case that the other one is on its way out, or gives way to us. */
const PATIENCE_MS = 300;
const POLL_MS = 20;

const SEE_STATUS = 'wait for it to end; `sandstorm-airgap status` shows how it went';

/**
 * Runs `work` while holding the lock of this HOME: one operation at a time. A lock whose owner is dead
 * (kill, power cut) counts for nothing.
 *
 * Everybody who wants in puts down a file of a name nobody else ever has, looks who else is there, and
 * goes in only when all others are dead. Of two, the one that put its file down later must see the
 * other's. One shared file would have to be taken away from a dead owner, and between looking at it and
 * taking it away it may have become somebody else's.
 * @throws Refusal E_BUSY with owner and age.
 */
export async function withLock<T>(
  home: string,
  operation: string,
  host: Host,
  work: () => Promise<T>,
): Promise<T> {
  const { locks } = stateDirs(home, host);
  return withLockAt({ locks, name: home, hint: SEE_STATUS }, operation, host, work);
}

/** Something else than a server that one at a time works on. */
export interface LockPlace {
  /** The folder of the locks, of nothing else; made when it is not there. */
  readonly locks: string;
  /** What it is that is locked, for people. */
  readonly name: string;
  /** What to do when somebody else is in. */
  readonly hint: string;
}

/** The same for whatever has a folder of locks; see withLock. */
export async function withLockAt<T>(
  place: LockPlace,
  operation: string,
  host: Host,
  work: () => Promise<T>,
): Promise<T> {
  const { locks } = place;
  await host.files.makeDir(locks, 0o700);
  const name = await ownName(host);
  const mine = { operation, user: host.user.name, since: host.clock.now().toISOString() };
  if (!(await host.files.createExclusive(join(locks, name), JSON.stringify(mine)))) {
    throw new Error(`${name} is not a name of our own`);
  }
  try {
    await waitForOthers(place, name, host);
    return await host.unbroken(work);
  } finally {
    // Left behind it does no harm: it dies with this process.
    await host.files.remove(join(locks, name)).catch((error: unknown) => host.log(`lock: ${String(error)}`));
  }
}

/** The living owner, if there is one. Changes nothing. */
export async function lockOwner(home: string, host: Host): Promise<LockOwner | undefined> {
  const { locks } = stateDirs(home, host);
  const [first] = (await look(locks, host)).living;
  return first === undefined ? undefined : ownerOf(locks, first, host);
}

/** What those left that died holding the lock or waiting for it. Harmless; whoever goes in next removes them. */
export async function deadLocks(home: string, host: Host): Promise<string[]> {
  const { locks } = stateDirs(home, host);
  return (await look(locks, host)).dead.map((name) => join(locks, name));
}

async function waitForOthers(place: LockPlace, name: string, host: Host): Promise<void> {
  const { locks } = place;
  const until = host.clock.monotonic() + PATIENCE_MS;
  for (;;) {
    const { living, dead } = await look(locks, host);
    const others = living.filter((other) => other.name !== name);
    const [other] = others;
    if (other === undefined) {
      for (const gone of dead) await host.files.remove(join(locks, gone));
      return;
    }
    // Of several that come at once the first by name stays, all others give way.
    const isFirst = others.every((one) => name < one.name);
    if (!isFirst || host.clock.monotonic() >= until) throw busy(await ownerOf(locks, other, host), place);
    await host.clock.sleep(POLL_MS);
  }
}

interface Claim {
  readonly name: string;
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
}

/** pid, start time, boot id and a number of its own: all that is needed to judge it is in the name. */
async function ownName(host: Host): Promise<string> {
  const { self } = host.processes;
  const startTime = (await host.processes.startTime(self)) ?? UNKNOWN;
  return [String(self), startTime, await bootId(host), randomHex(6)].join('.');
}

const UNKNOWN = '0';

async function look(locks: string, host: Host): Promise<{ living: Claim[]; dead: string[] }> {
  const living: Claim[] = [];
  const dead: string[] = [];
  const boot = await bootId(host);
  for (const name of await host.files.list(locks)) {
    const found = /^([1-9]\d*)\.(\d+)\.([0-9a-f-]+)\.[0-9a-f]+$/.exec(name);
    if (found === null) continue;
    const [, pid = '', startTime = '', claimedBoot = ''] = found;
    const claim = { name, pid: Number(pid), startTime, bootId: claimedBoot };
    if (claim.bootId === boot && (await lives(claim, host))) living.push(claim);
    else dead.push(name);
  }
  return { living, dead };
}

/** In doubt it lives: two at once do more harm than one too few. */
async function lives({ pid, startTime }: Claim, host: Host): Promise<boolean> {
  if (!host.processes.alive(pid)) return false;
  const now = await host.processes.startTime(pid);
  if (now !== undefined && startTime !== UNKNOWN && now !== startTime) return false;
  // Killed, and nobody there to reap it: some containers have no init.
  const stat = await host.files
    .readText(join(host.layout.proc, String(pid), 'stat'), 4096)
    .catch(() => undefined);
  return stat === undefined || !/\) [ZX] /.test(stat);
}

async function bootId(host: Host): Promise<string> {
  const text = await host.files
    .readText(join(host.layout.proc, 'sys/kernel/random/boot_id'), 100)
    .catch(() => undefined);
  const id = text?.trim() ?? '';
  return /^[0-9a-f-]+$/.test(id) ? id : UNKNOWN;
}

async function ownerOf(
  locks: string,
  { name, pid, startTime, bootId: boot }: Claim,
  host: Host,
): Promise<LockOwner> {
  const text = await host.files.readText(join(locks, name), 4096).catch(() => undefined);
  return { pid, startTime, bootId: boot, ...wordsOf(text ?? '') };
}

/** The file may be empty yet, or torn. */
function wordsOf(text: string): Pick<LockOwner, 'operation' | 'user' | 'since'> {
  const said = objectIn(text);
  const word = (key: string): string => (typeof said[key] === 'string' ? said[key] : '?');
  const since = word('since');
  return {
    operation: word('operation'),
    user: word('user'),
    since: Number.isNaN(Date.parse(since)) ? '' : since,
  };
}

function busy(owner: LockOwner, { name, hint }: LockPlace): Refusal {
  const since = owner.since === '' ? '' : ` since ${moment(owner.since)}`;
  return new Refusal(
    'E_BUSY',
    `${owner.user} is running ${owner.operation} on ${name}${since} (pid ${String(owner.pid)})`,
    { hint, result: { owner } },
  );
}
