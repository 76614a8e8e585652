import { join } from 'node:path';
import { requireSurvivableConf } from '../config/conf-file.js';
import type { CommandResult, Host } from '../system/host.js';
import { serviceNeedsRoot, startFailed, stopFailed } from './failures.js';
import { markLog, observeServer, waitUntilGone, waitUntilUp } from './observe.js';
import type { ServiceManager } from './service-manager.js';

const COMMAND_TIMEOUT_MS = 60_000;
const UP_TIMEOUT_MS = 5_000;
/** Upstream kills after 10 s; a disk that is busy needs some more to let a process go. */
const GONE_TIMEOUT_MS = 30_000;

/** The sandstorm command itself, where nothing else looks after this HOME. */
export function commandManager(home: string, host: Host): ServiceManager {
  return directManager('command', join(home, 'sandstorm'), home, host);
}

/** install.sh's init script hands its argument to the sandstorm command. */
export function sysvinitManager(home: string, host: Host): ServiceManager {
  return directManager('sysvinit', join(host.layout.initDir, 'sandstorm'), home, host);
}

/** `HOME/sandstorm stop`: what ends a server however it was started; it waits 10 s, then kills. */
export async function stopByCommand(home: string, host: Host): Promise<void> {
  await stopWith(join(home, 'sandstorm'), home, host);
}

function directManager(
  kind: 'sysvinit' | 'command',
  program: string,
  home: string,
  host: Host,
): ServiceManager {
  const describe = (): string => (kind === 'sysvinit' ? `init script ${program}` : program);
  const requireRights = (verb: string): void => {
    if (kind === 'sysvinit' && host.user.uid !== 0) throw serviceNeedsRoot(verb, describe());
  };
  const manager: ServiceManager = {
    kind,
    describe,
    status: () => observeServer(home, host),

    async start() {
      requireRights('start');
      if ((await manager.status()).running !== undefined) return;
      const log = await markLog(home, host);
      const result = await run(program, 'start', host);
      const up = result.exitCode === 0 && (await waitUntilUp(home, host, UP_TIMEOUT_MS)) !== undefined;
      if (up) return;
      const instead = 'it was started and died at once';
      throw await startFailed({ command: `${program} start`, result, log, instead }, host);
    },

    async stop() {
      requireRights('stop');
      await stopWith(program, home, host);
    },

    // Not `sandstorm restart`: that sends a signal and says "Restart request sent." whatever comes of it.
    // The new server may die of a bad line in its configuration and nobody is told; and for a while the
    // old one, still alive, looks like the new one.
    async restart() {
      requireRights('restart');
      await requireSurvivableConf(home, host);
      await manager.stop();
      await manager.start();
    },
  };
  return manager;
}

async function stopWith(program: string, home: string, host: Host): Promise<void> {
  const { running } = await observeServer(home, host);
  if (running === undefined) return;
  const log = await markLog(home, host);
  const result = await run(program, 'stop', host);
  const gone = await waitUntilGone(running, host, result.exitCode === 0 ? GONE_TIMEOUT_MS : 0);
  if (gone) return;
  const instead = `process ${running.pid} is still there`;
  throw await stopFailed({ command: `${program} stop`, result, log, instead }, host);
}

async function run(program: string, verb: string, host: Host): Promise<CommandResult> {
  return host.commands.run(program, [verb], { timeoutMs: COMMAND_TIMEOUT_MS });
}
