import { join } from 'node:path';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { PRIVATE } from '../system/namespaces.js';
import { randomBytes } from '../system/random.js';
import { bytes } from '../words.js';
import { claim, FOLDER_PREFIX, removeForsaken } from './forsaken.js';
import { typeAt } from './mount-table.js';
import { overlay } from './room-plan.js';

/** The folder outside that holds everything the rehearsal writes. */
export interface WorkPlace {
  /** Without links, root's alone. */
  readonly folder: string;
  /** No filesystem here takes the upper layer: it goes into memory. */
  readonly inMemory: boolean;
  /** For people: where the layers lie, and how much room there is. */
  readonly where: string;
}

interface Candidate {
  readonly folder: string;
  readonly parent: string;
  readonly type: string;
  readonly free: number;
  readonly works: boolean;
}

/**
 * Makes the work folder where an overlay's upper layer is possible, on a disk if there is one, with the most
 * room. Not every filesystem can be one (NFS, an overlay of a container): it is tried, not guessed.
 */
export async function makeWorkPlace(mountinfo: string, host: Host): Promise<WorkPlace> {
  const parents = ['/var/tmp', host.env.TMPDIR ?? '/tmp'];
  const candidates: Candidate[] = [];
  try {
    for (const parent of new Set(await Promise.all(parents.map((path) => host.files.realPath(path))))) {
      if (parent === undefined || /[,:\\\n]/.test(parent)) continue;
      await removeForsaken(parent, host);
      candidates.push(await tryPlace(parent, mountinfo, host));
    }
    const [best, ...others] = candidates.sort(byFitness);
    if (best === undefined) throw new Refusal('E_REHEARSAL', 'there is no folder for temporary files');
    for (const other of others) await host.files.remove(other.folder);
    const { folder, parent, type, free, works } = best;
    const where = works
      ? `${parent} (${type}, ${bytes(free)} free)`
      : 'memory (no filesystem here takes an upper layer)';
    return { folder, inMemory: !works, where };
  } catch (error) {
    for (const { folder } of candidates) await host.files.remove(folder);
    throw error;
  }
}

async function tryPlace(parent: string, mountinfo: string, host: Host): Promise<Candidate> {
  const folder = join(parent, FOLDER_PREFIX + Buffer.from(randomBytes(6)).toString('hex'));
  const made = await host.commands.run('mkdir', ['-m', '700', folder]);
  if (made.exitCode !== 0) throw new Refusal('E_REHEARSAL', `cannot make ${folder}: ${made.stderr.trim()}`);
  await claim(folder, host);
  const [upper, spare, target] = ['upper', 'work', 'root'].map((name) => join(folder, 'try', name)) as [
    string,
    string,
    string,
  ];
  for (const path of [upper, spare, target]) await host.files.makeDir(path);
  // In a mount namespace of its own: it is gone with the command.
  const tried = await host.commands.run('unshare', [
    '--mount',
    '--propagation',
    'private',
    '--',
    ...overlay('/', upper, spare, target),
  ]);
  host.log(`an upper layer in ${parent}: ${tried.exitCode === 0 ? 'works' : tried.stderr.trim()}`);
  await host.files.remove(join(folder, 'try'));
  const { free } = await host.files.freeSpace(folder);
  return { folder, parent, type: typeAt(parent, mountinfo), free, works: tried.exitCode === 0 };
}

function byFitness(a: Candidate, b: Candidate): number {
  const rank = (one: Candidate): number => (one.works ? (one.type === 'tmpfs' ? 1 : 0) : 2);
  return rank(a) - rank(b) || b.free - a.free;
}

/**
 * What a rehearsal in namespaces needs of this machine.
 * @throws Refusal E_NEEDS_ROOT, E_REHEARSAL with what is missing.
 */
export async function requireNamespaces(host: Host): Promise<{ loopback: 'ip' | 'ifconfig' }> {
  if (host.user.uid !== 0) {
    throw new Refusal(
      'E_NEEDS_ROOT',
      'only root can rehearse with an install script on a view of this machine',
      {
        hint: 'run it with sudo; without files, sandstorm-airgap rehearse works as any user',
      },
    );
  }
  const has = async (name: string): Promise<boolean> => (await host.commands.which(name)) !== undefined;
  const missing: string[] = [];
  for (const tool of ['unshare', 'mount', 'umount', 'pivot_root', 'sh', 'script', 'tar', 'xz', 'bash']) {
    if (!(await has(tool))) missing.push(tool);
  }
  const loopback = (await has('ip')) ? 'ip' : (await has('ifconfig')) ? 'ifconfig' : undefined;
  if (loopback === undefined) missing.push('ip (iproute2)');
  if (missing.length > 0 || loopback === undefined) {
    throw new Refusal('E_REHEARSAL', `this rehearsal needs ${missing.join(', ')} on this machine`, {
      hint: 'install them; the plain rehearsal, without files, needs less: sandstorm-airgap rehearse',
    });
  }
  const tried = await host.commands.run('unshare', [...PRIVATE, '--fork', '--', 'true']);
  if (tried.exitCode !== 0) {
    throw new Refusal(
      'E_REHEARSAL',
      `namespaces of its own are not allowed here: ${tried.stderr.trim() || 'unshare failed'}`,
      {
        hint: 'it needs CAP_SYS_ADMIN, which most containers lack; the plain rehearsal, without files, works everywhere: sandstorm-airgap rehearse',
      },
    );
  }
  return { loopback };
}
