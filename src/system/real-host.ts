import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { systemClock } from './clock.js';
import { systemCommands } from './commands.js';
import { systemDns } from './dns.js';
import { systemFiles } from './files.js';
import type { Host, Layout, Log } from './host.js';
import type { Interruption } from './interruption.js';
import { systemHttp } from './http.js';
import { systemWeb } from './real-web.js';
import { systemLdap } from './ldap.js';
import { systemTcp } from './tcp.js';
import { systemProcesses } from './processes.js';
import { systemTls } from './tls.js';

/** The machine as it is. */
export function realHost(log: Log, interruption: Interruption): Host {
  const env = process.env;
  const uid = process.getuid?.() ?? -1;
  const home = env.HOME ?? homedir();
  return {
    env,
    cwd: process.cwd(),
    user: { uid, name: nameOf(uid), home },
    layout: machineLayout(uid, home, env),
    clock: systemClock,
    files: systemFiles,
    commands: systemCommands(env, log),
    processes: systemProcesses('/proc'),
    dns: systemDns,
    http: systemHttp(systemDns),
    web: systemWeb,
    ldap: systemLdap(systemDns),
    tcp: systemTcp(systemDns),
    tls: systemTls(systemDns),
    interrupted: interruption.signal,
    unbroken: interruption.unbroken,
    log,
  };
}

function machineLayout(uid: number, home: string, env: NodeJS.ProcessEnv): Layout {
  const own = env.XDG_STATE_HOME ?? join(home, '.local/state');
  return {
    stateDir: env.SANDSTORM_AIRGAP_STATE_DIR ?? join(uid === 0 ? '/var/lib' : own, 'sandstorm-airgap'),
    binDir: '/usr/local/bin',
    systemdUnitDirs: ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system'],
    initDir: '/etc/init.d',
    proc: '/proc',
    etc: '/etc',
  };
}

function nameOf(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run us under a number that has no name.
    return String(uid);
  }
}
