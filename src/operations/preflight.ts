import { readConf } from '../config/conf-file.js';
import { getValue } from '../config/sandstorm-conf.js';
import type { LdapQuestion } from '../identity/ldap/observe.js';
import { stateDirs } from '../journal/state-dir.js';
import { ALL_CHECKS } from '../preflight/catalogue.js';
import type { Phase, Ports, ReportedCheck, Subject } from '../preflight/check.js';
import { runChecks } from '../preflight/run-checks.js';
import { readRelease } from '../release/read.js';
import { judgeHome, observeHome } from '../server/home-state.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { plannedRelease } from './obtain-release.js';
import { portsOf } from './server-facts.js';

export interface PreflightRequest {
  readonly home: string;
  /** undefined: update where there is a server, else install. */
  readonly phase: Phase | undefined;
  readonly tarball: string | undefined;
  readonly baseUrl: string | undefined;
  readonly wildcardHost: string | undefined;
  readonly ports: Ports | undefined;
  readonly bindIp: string | undefined;
  readonly serverUser: string;
  readonly resolvers: readonly string[];
  readonly expectAddress: string | undefined;
  readonly waive: readonly string[];
  readonly unprivileged: boolean;
  readonly ldap: LdapQuestion | undefined;
}

/** Only looks. What is not given is taken from the server that is there. */
export async function preflight(
  request: PreflightRequest,
  host: Host,
  ui: Ui,
): Promise<{ phase: Phase; checks: ReportedCheck[] }> {
  const { home } = request;
  const isServer = judgeHome(await observeHome(home, host)).kind === 'server';
  const phase = request.phase ?? (isServer ? 'update' : 'install');
  const conf = isServer ? (await readConf(home, host)).document : undefined;
  const setting = (key: string): string | undefined => (conf === undefined ? undefined : getValue(conf, key));

  const subject: Subject = {
    phase,
    home,
    resolvers: request.resolvers,
    unprivileged: request.unprivileged,
    stagingDir: stateDirs(home, host).staging,
    ...optional('baseUrl', request.baseUrl ?? setting('BASE_URL')),
    ...optional('wildcardHost', request.wildcardHost ?? setting('WILDCARD_HOST')),
    ...optional('ports', request.ports ?? (conf === undefined ? undefined : portsOf(conf))),
    ...optional('bindIp', request.bindIp ?? setting('BIND_IP')),
    ...optional('expectAddress', request.expectAddress),
    ...optional('ldap', request.ldap),
    ...(phase === 'install' ? { serverUser: request.serverUser } : {}),
    ...(await releaseFacts(request.tarball, host, ui)),
  };
  return { phase, checks: await runChecks(ALL_CHECKS, subject, host, request.waive, ui.check) };
}

async function releaseFacts(
  tarball: string | undefined,
  host: Host,
  ui: Ui,
): Promise<Pick<Subject, 'release'>> {
  if (tarball === undefined) return {};
  const facts = await ui.step('Read', (progress) =>
    readRelease(tarball, host, { onProgress: progress.bytes }),
  );
  return { release: plannedRelease(facts) };
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>;
}
