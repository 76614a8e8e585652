import { dirname, join } from 'node:path';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { ROOM, VIEW_NAME, type RoomStep } from './room-plan.js';

/**
 * Carries the plan out, in this process's own namespaces; afterwards `/` is the view.
 * @throws Refusal E_REHEARSAL with the step that this machine does not allow.
 */
export async function enterRoom(steps: readonly RoomStep[], host: Host): Promise<void> {
  for (const step of steps) {
    switch (step.do) {
      case 'run':
        await take(step, host);
        break;
      case 'write':
        await host.files.writeAtomic(step.path, step.text);
        break;
      case 'show':
        await show(step.path, host);
        break;
    }
  }
  await requireView(host);
}

async function take(step: RoomStep & { do: 'run' }, host: Host): Promise<void> {
  const failed = await runOne(step.argv, host);
  if (failed === undefined) return;
  const again = step.otherwise === undefined ? failed : await runOne(step.otherwise, host);
  if (again === undefined || step.optional === true) return;
  throw notPossible(again);
}

async function runOne(argv: readonly string[], host: Host): Promise<string | undefined> {
  const [program = '', ...args] = argv;
  const ran = await host.commands.run(program, args);
  if (ran.exitCode === 0) return undefined;
  const why = `${argv.join(' ')}: ${ran.stderr.trim()}`;
  host.log(`failed: ${why}`);
  return why;
}

async function show(path: string, host: Host): Promise<void> {
  if ((await host.files.stat(path)) !== undefined) return;
  const outside = join(ROOM.host, path);
  const isFolder = (await host.files.stat(outside))?.kind === 'directory';
  await host.files.makeDir(isFolder ? path : dirname(path));
  if (!isFolder) await host.files.createExclusive(path, '');
  await take({ do: 'run', argv: ['mount', '-n', '--bind', '-o', 'ro', outside, path] }, host);
}

/** Whatever comes next installs a server, as root: never on the real machine. */
async function requireView(host: Host): Promise<void> {
  const mounts = (await host.files.readStart(join(host.layout.proc, 'self/mounts'), 256 * 1024)).toString();
  if (mounts.split('\n').some((line) => line.startsWith(`${VIEW_NAME} / overlay `))) return;
  throw notPossible('the view did not take the place of the machine');
}

export function notPossible(why: string): Refusal {
  return new Refusal('E_REHEARSAL', `a copy-on-write view of this machine is not possible here: ${why}`, {
    hint: 'it needs root with CAP_SYS_ADMIN and overlay filesystems, as on a real machine or a virtual one; the plain rehearsal, without files, works everywhere: sandstorm-airgap rehearse',
  });
}
