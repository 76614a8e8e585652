import { join } from 'node:path';
import { Refusal } from '../errors.js';
import type { ServiceFacts } from '../refusal-facts.js';
import { complaints, type HealthReading } from '../server/health.js';
import type { HomeState, InstalledServer } from '../server/home-state.js';
import type { Host } from '../system/host.js';

/** There is a server, but not the one that was asked for. */
export function differentServer(home: string, server: InstalledServer): Refusal {
  return new Refusal('E_ALREADY_INSTALLED', `${home} has a Sandstorm server already: ${server.folder}`, {
    hint: 'sandstorm-airgap update TARBALL brings it to a newer build; --home DIR installs beside it',
    result: { installed: server },
  });
}

/** Whoever waives the check of HOME may not mean that what lies there is ours to remove when it fails. */
export function homeNotFree(home: string, state: HomeState & { kind: 'leftovers' | 'unfit' }): Refusal {
  const why = state.kind === 'unfit' ? state.reason : `${home} holds ${state.names.slice(0, 8).join(', ')}`;
  return new Refusal('E_PREFLIGHT_FAILED', `${why}; this cannot be waived (home.state)`, {
    hint: state.kind === 'unfit' ? state.fix : `make room: mv ${home} ${home}.old`,
  });
}

/** The same build is there, set up in another way. */
export function differentSettings(
  home: string,
  differences: readonly { key: string; is: string | undefined; wanted: string }[],
): Refusal {
  const said = differences.map(({ key, is, wanted }) => `${key} is ${is ?? 'not set'}, wanted ${wanted}`);
  const commands = differences.map(({ key, wanted }) => `sandstorm-airgap config set ${key} '${wanted}'`);
  return new Refusal('E_INSTALLED_DIFFERENTLY', `Sandstorm is installed in ${home}, but ${said.join('; ')}`, {
    hint: [...commands, 'sandstorm-airgap service restart'].join('\n'),
    result: { differences },
  });
}

export async function unhealthyInstall(home: string, reading: HealthReading, host: Host): Promise<Refusal> {
  return new Refusal(
    'E_INSTALL_UNHEALTHY',
    ['Sandstorm was installed but is not well', ...complaints(reading)].join('; '),
    {
      hint: [
        ...(await logTail(home, host)),
        'mend the cause, then run the same install command again: it goes on where it stopped',
      ].join('\n'),
      result: { reading },
      changed: true,
    },
  );
}

/** install.sh said that it is online; a port that answers is all it looks for, whoever holds it. */
export async function notStartedInstall(
  home: string,
  ports: readonly number[],
  failure: Refusal,
  host: Host,
): Promise<Refusal> {
  const holders = (await Promise.all(ports.map((port) => host.processes.listening(port)))).flat();
  const taken = holders.map(
    ({ port, program, pid }) =>
      `port ${String(port)} is held by ${program ?? 'another program'}${pid === undefined ? '' : ` (pid ${String(pid)})`}`,
  );
  return new Refusal(
    'E_INSTALL_UNHEALTHY',
    ['Sandstorm was installed but does not come up', failure.message, ...new Set(taken)].join('; '),
    {
      hint: [
        ...(failure.hint === undefined ? [] : [failure.hint]),
        'mend the cause, then run the same install command again: it goes on where it stopped',
      ].join('\n'),
      result: { home, started: failure.result as ServiceFacts },
      cause: failure,
      changed: true,
    },
  );
}

/** By a signal, while the server that had just been started was being watched. */
export function notWatchedToTheEnd(release: string): Refusal {
  return new Refusal(
    'E_SERVER_UNHEALTHY',
    `${release} is in place and was started, but you stopped before it was seen to be well`,
    { hint: 'sandstorm-airgap status shows how it is', changed: true },
  );
}

export function installUndone(failure: unknown, runDir: string): Refusal {
  const message = failure instanceof Error ? failure.message : String(failure);
  return new Refusal('E_INSTALL_UNDONE', `The installation failed and was undone: ${message}`, {
    hint: `the transcript is ${join(runDir, 'transcript.log')}\nmend the cause and run the same command again`,
    cause: failure,
  });
}

/** It failed half way, and could not be taken back. */
export function installLeftThings(home: string, failure: unknown): Refusal {
  const message = failure instanceof Error ? failure.message : String(failure);
  return new Refusal('E_INSTALL_FAILED', message, {
    hint: `${home} holds what it had made; sandstorm-airgap status shows what to do next`,
    cause: failure,
    changed: true,
  });
}

/** Its own tarball brings an installation to its end; another one would be an update. */
export function otherReleasePending(home: string, server: InstalledServer, wanted: string): Refusal {
  return new Refusal(
    'E_PENDING',
    `the installation of ${server.folder} in ${home} was interrupted when all but the last steps were done; ${wanted} is another build`,
    { hint: `run sandstorm-airgap install with the tarball of ${server.folder}, then update` },
  );
}

/** The last lines of the server's own log: what went wrong is there, if anywhere. */
export async function logTail(home: string, host: Host): Promise<string[]> {
  const path = join(home, 'var/log/sandstorm.log');
  const lines = (await host.files.readTail(path, 4096).catch(() => ''))
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-6);
  return lines.length === 0 ? [] : [`last lines of ${path}:`, ...lines.map((line) => `  ${line}`)];
}
