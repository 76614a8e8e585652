import { look } from '../audit/audit.js';
import { contentsOf } from '../audit/contents.js';
import type { Rightful } from '../audit/judge.js';
import type { Workshop } from '../machine/workshop.js';
import { INSTALL_ARGS, UPDATE_ARGS } from './commands.js';
import { installScenario, makeTarball } from './install.js';
import type { Scenario } from './scenario.js';

/** From a server of build 308 that somebody uses to build 309. */
export async function updateScenario(shop: Workshop): Promise<Scenario> {
  const fresh = await installScenario(shop);
  const newer = await makeTarball(shop, 309);
  if (fresh.after === 'nothing') throw new Error('an installation leads to a server');
  let before = fresh.after;
  const image = await shop.madeFrom(fresh.image, 'build-308', async (machine) => {
    const answer = await machine.tool(INSTALL_ARGS);
    if (answer.exitCode !== 0) throw new Error(JSON.stringify(answer));
    const { box } = machine;
    await box.sh('systemctl stop sandstorm');
    // As it was found: a line of ours in the data, a comment of ours in the configuration.
    await box.sh('echo "what we wrote on 308" >> /opt/sandstorm/var/mongo/data.308');
    await box.sh('echo "# do not touch" >> /opt/sandstorm/sandstorm.conf; sync');
    const { data, passwd, conf } = await look(machine, false);
    before = { ...before, data: data['data.308'] ?? '', passwd: passwd ?? '', confs: [conf ?? ''] };
  });
  const after: Rightful = { ...before, build: 309, contents: await contentsOf(newer) };
  return {
    name: 'update',
    image,
    command: UPDATE_ARGS,
    runName: '-update',
    before,
    after,
    onward: [{ name: 'resume', command: UPDATE_ARGS, aim: 'after' }],
    again: UPDATE_ARGS,
  };
}
