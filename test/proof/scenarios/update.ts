import { look } from '../audit/audit.js';
import { contentsOf } from '../audit/contents.js';
import type { Rightful } from '../audit/judge.js';
import type { Workshop } from '../machine/workshop.js';
import { ABORT_ARGS, INSTALL_ARGS, RESUME_ARGS, UPDATE_ARGS } from './commands.js';
import { installScenario, makeTarball } from './install.js';
import type { ReleaseWish } from '../../stand-ins/release.js';
import type { Scenario } from './scenario.js';

/** An update is one between two servers. */
export interface UpdateScenario extends Scenario {
  readonly before: Rightful;
  readonly done: Rightful;
}

/** From a server of build 308 that somebody uses to build 309. */
export function updateScenario(shop: Workshop, wish: Partial<ReleaseWish> = {}): Promise<UpdateScenario> {
  return shop.once('update', () => makeUpdate(shop, wish));
}

async function makeUpdate(shop: Workshop, wish: Partial<ReleaseWish>): Promise<UpdateScenario> {
  const fresh = await installScenario(shop);
  const newer = await makeTarball(shop, 309, wish);
  if (fresh.done === 'nothing') throw new Error('an installation leads to a server');
  let before = fresh.done;
  const image = await shop.madeFrom(fresh.image, 'build-308', async (machine) => {
    const answer = await machine.tool(INSTALL_ARGS);
    if (answer.exitCode !== 0) throw new Error(JSON.stringify(answer));
    const { box } = machine;
    await box.sh('systemctl stop sandstorm');
    // As somebody uses it: with a line in the data, and in the configuration a comment and a channel.
    await box.sh('echo "what we wrote on 308" >> /opt/sandstorm/var/mongo/data.308');
    await box.sh(
      'cd /opt/sandstorm && sed -i s/UPDATE_CHANNEL=none/UPDATE_CHANNEL=dev/ sandstorm.conf && echo "# do not touch" >> sandstorm.conf; sync',
    );
    const { data, passwd, conf } = await look(machine, false);
    before = { ...before, data: data['data.308'] ?? '', passwd: passwd ?? '', confs: [conf ?? ''] };
  });
  const updatesOff = before.confs.map((conf) => conf.replace('UPDATE_CHANNEL=dev', 'UPDATE_CHANNEL=none'));
  const done: Rightful = { ...before, build: 309, contents: await contentsOf(newer), confs: updatesOff };
  return {
    name: 'update',
    image,
    command: UPDATE_ARGS,
    runName: '-update',
    success: 'done',
    before,
    done,
    undone: before,
    meantime: [
      { ...before, confs: updatesOff },
      // On the way back: the old data are in their place already, and the machine starts what `latest` still names.
      done,
    ],
    onward: [
      { name: 'resume', command: RESUME_ARGS, aim: done },
      { name: 'abort', command: ABORT_ARGS, aim: before },
    ],
    byTurns: false,
    again: UPDATE_ARGS,
  };
}

/** How long the migration waits where a power cut does most harm: the old data put away, the new ones not there. */
const HALF_WAY_MS = 800;
export const MIGRATION = {
  steps: ['migrate-mongo', 'start', 'prove-healthy', 'commit'],
  long: { command: 'migrate-mongo', afterMs: HALF_WAY_MS / 2 },
} as const;

/** The same to a build that needs its database migrated. The stand-ins run on processors without AVX, too. */
export async function migrationScenario(shop: Workshop): Promise<UpdateScenario> {
  const update = await updateScenario(shop, { mongo7: true, behaviour: { migrate_pause_ms: HALF_WAY_MS } });
  // What the old build wrote is kept, and its dump; and what a migration had made that was cut off.
  const done: Rightful = {
    ...update.done,
    besideMongo: ['mongo-2.6-backup', 'mongo-backup', 'mongo-unfinished-'],
  };
  const waived = (command: readonly string[]): readonly string[] => [...command, '--waive', 'cpu.avx'];
  return {
    ...update,
    name: 'update, migrating',
    // Whichever way it goes on is what update.proof.ts proves; here the data are the question.
    byTurns: true,
    command: waived(update.command),
    done,
    meantime: [...update.meantime, done],
    onward: update.onward.map((one) => (one.name === 'resume' ? { ...one, aim: done } : one)),
    again: waived(update.command),
  };
}
