import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { makeRelease, standInInstaller, type ReleaseWish } from '../../stand-ins/release.js';
import { look } from '../audit/audit.js';
import { contentsOf } from '../audit/contents.js';
import type { Rightful } from '../audit/judge.js';
import type { Workshop } from '../machine/workshop.js';
import { ABORT_ARGS, INSTALL_ARGS, RESUME_ARGS } from './commands.js';
import type { Scenario } from './scenario.js';

export async function makeTarball(
  shop: Workshop,
  build: number,
  wish: Partial<ReleaseWish> = {},
): Promise<string> {
  // Quick to start: what is proven does not take longer on a slow server.
  const behaviour = { start_delay_ms: 20, ...wish.behaviour };
  return makeRelease({ build, dir: shop.parts.usb, ...wish, behaviour });
}

/** From nothing to a server of build 308. */
export function installScenario(shop: Workshop): Promise<Scenario> {
  return shop.once('install', () => makeInstall(shop));
}

async function makeInstall(shop: Workshop): Promise<Scenario> {
  const tarball = await makeTarball(shop, 308);
  await cp(standInInstaller, join(shop.parts.usb, 'install.sh'));
  const image = await shop.blank();
  const machine = await shop.machine(image);
  try {
    const answer = await machine.tool(INSTALL_ARGS);
    if (answer.exitCode !== 0) throw new Error(JSON.stringify(answer));
    const { conf } = await look(machine, false);
    const done: Rightful = {
      build: 308,
      contents: await contentsOf(tarball),
      data: 'started build 308\n',
      passwd: undefined,
      confs: [conf ?? ''],
    };
    return {
      name: 'install',
      image,
      command: INSTALL_ARGS,
      runName: '-install',
      success: 'done',
      before: 'nothing',
      done,
      undone: 'nothing',
      meantime: [],
      onward: [
        { name: 'resume', command: RESUME_ARGS, aim: done },
        { name: 'abort', command: ABORT_ARGS, aim: 'nothing' },
      ],
      byTurns: false,
      again: INSTALL_ARGS,
    };
  } finally {
    await machine.scrap();
  }
}
