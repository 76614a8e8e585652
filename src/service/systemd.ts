import { join } from 'node:path';
import { requireSurvivableConf } from '../config/conf-file.js';
import type { RunningServer } from '../server/running.js';
import type { CommandResult, Host } from '../system/host.js';
import { stopByCommand } from './direct.js';
import { serviceNeedsRoot, startFailed, stopFailed, unitUnusable } from './failures.js';
import { markLog, observeServer, waitUntilGone, waitUntilUp } from './observe.js';
import type { ServiceManager, ServiceStatus, UnitState } from './service-manager.js';
import { cgroupIsIn, parseShow } from './unit-file.js';

/** Longer than systemd's own limit of 90 s for a start or a stop: its word is better than ours. */
const JOB_TIMEOUT_MS = 200_000;
const UP_TIMEOUT_MS = 10_000;
const GONE_TIMEOUT_MS = 30_000;

/** A systemd unit that starts this HOME's server. */
export function systemdManager(unit: string, home: string, host: Host): ServiceManager {
  const control = (verb: string, ...args: string[]): Promise<CommandResult> =>
    host.commands.run('systemctl', ['--no-ask-password', verb, ...args], { timeoutMs: JOB_TIMEOUT_MS });

  const describe = (): string => `systemd unit ${unit}`;

  const status = async (): Promise<UnitStatus> => {
    const [seen, state] = [await observeServer(home, host), await unitState(unit, host)];
    const inside = seen.running === undefined || (await belongsTo(state, seen.running, host));
    return { ...seen, unit: state, outsideUnit: !inside };
  };

  const prepare = async (verb: string): Promise<UnitStatus> => {
    if (host.user.uid !== 0) throw serviceNeedsRoot(verb, describe());
    let seen = await status();
    // install.sh, an administrator or a configuration manager wrote the unit; systemd goes by what it
    // has read until told.
    if (seen.unit.needsReload || seen.unit.loadState === 'not-found') {
      await control('daemon-reload');
      seen = await status();
    }
    return seen;
  };

  const stopUnit = async (running: RunningServer | undefined): Promise<void> => {
    const log = await markLog(home, host);
    const result = await control('stop', unit);
    const gone = running === undefined || (await waitUntilGone(running, host, GONE_TIMEOUT_MS));
    if (result.exitCode === 0 && gone) return;
    const instead = `process ${running?.pid ?? 0} is still there`;
    throw await stopFailed({ command: `systemctl stop ${unit}`, result, log, instead }, host);
  };

  const startUnit = async (verb: 'start' | 'restart', old?: RunningServer): Promise<void> => {
    // After a few quick failures systemd refuses every further start ("start-limit-hit"), also when the
    // reason is long gone. The exit code does not matter: a unit that is not loaded has nothing to reset.
    await control('reset-failed', unit);
    const log = await markLog(home, host);
    const result = await control(verb, unit);
    const command = `systemctl ${verb} ${unit}`;
    if (result.exitCode !== 0) throw await startFailed({ command, result, log, instead: '' }, host);

    // systemd is content when `sandstorm start` exits 0, which it also does before it dies of a taken port.
    const running = await waitUntilUp(home, host, UP_TIMEOUT_MS, old);
    const state = await unitState(unit, host);
    if (running === undefined) {
      const instead = `systemd was content, but no server stays up (unit ${state.activeState})`;
      throw await startFailed({ command, result, log, instead }, host);
    }
    if (!(await belongsTo(state, running, host))) {
      const instead = `a server runs (pid ${running.pid}), but outside the unit: somebody else started one meanwhile`;
      throw await startFailed({ command, result, log, instead }, host);
    }
  };

  /**
   * Ends a server that somebody started by hand. `systemctl stop` does not see it, and `systemctl start`
   * beside it runs `sandstorm start`, which finds it running and exits 0; systemd then finds no process
   * in the unit, takes it for ended, runs ExecStop and so kills the server that ran: all without an error.
   */
  const endOutsider = async (seen: UnitStatus): Promise<void> => {
    if (seen.outsideUnit) await stopByCommand(home, host);
  };

  const startAfresh = async (seen: UnitStatus): Promise<void> => {
    await endOutsider(seen);
    // A unit can be "active" with nothing in it (RemainAfterExit, or its server was just stopped by hand):
    // starting it would do nothing.
    if (/^(active|reloading)$/.test(seen.unit.activeState)) await stopUnit(undefined);
    await startUnit('start');
  };

  return {
    kind: 'systemd',
    describe,
    status,

    async start() {
      const seen = await prepare('start');
      if (seen.running !== undefined && !seen.outsideUnit) return;
      requireLoaded(seen.unit);
      // Taking a server down is a restart, whatever the command was called.
      if (seen.outsideUnit) await requireSurvivableConf(home, host);
      await startAfresh(seen);
    },

    async stop() {
      const seen = await prepare('stop');
      await endOutsider(seen);
      const { running, outsideUnit, unit: state } = seen;
      if (!isDown(state)) await stopUnit(outsideUnit ? undefined : running);
    },

    // Not `sandstorm restart`: that sends a signal and says "Restart request sent." whatever comes of it.
    // A bad line in the configuration then kills the server without a word to anybody.
    async restart() {
      const seen = await prepare('restart');
      requireLoaded(seen.unit);
      await requireSurvivableConf(home, host);
      if (seen.running !== undefined && !seen.outsideUnit) await startUnit('restart', seen.running);
      else await startAfresh(seen);
    },
  };
}

type UnitStatus = ServiceStatus & { readonly unit: UnitState };

function requireLoaded({ name, loadState }: UnitState): void {
  if (loadState !== 'loaded') throw unitUnusable(name, loadState);
}

async function unitState(unit: string, host: Host): Promise<UnitState> {
  const wanted = 'Id,LoadState,ActiveState,Result,MainPID,UnitFileState,NeedDaemonReload';
  const { stdout } = await host.commands.run('systemctl', ['show', unit, `--property=${wanted}`]);
  const shown = parseShow(stdout);
  const mainPid = Number(shown.get('MainPID') ?? '0');
  return {
    name: shown.get('Id') ?? unit,
    loadState: shown.get('LoadState') ?? 'unknown',
    activeState: shown.get('ActiveState') ?? 'unknown',
    result: shown.get('Result') ?? '',
    mainPid: mainPid > 0 ? mainPid : undefined,
    enabled: shown.get('UnitFileState') ?? '',
    needsReload: shown.get('NeedDaemonReload') === 'yes',
  };
}

function isDown({ activeState }: UnitState): boolean {
  return activeState === 'inactive' || activeState === 'failed';
}

/**
 * The main pid is systemd's guess for a forking unit without a pid file, and 0 where it could not tell;
 * the control group is a fact. What a unit that is down has left behind is nobody's.
 */
async function belongsTo(state: UnitState, server: RunningServer, host: Host): Promise<boolean> {
  if (isDown(state)) return false;
  if (state.mainPid === server.pid) return true;
  const path = join(host.layout.proc, String(server.pid), 'cgroup');
  const cgroup = await host.files.readText(path).catch(() => undefined);
  return cgroup !== undefined && cgroupIsIn(cgroup, state.name);
}
