import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IssuedCertificate } from './private-ca.js';
import { freePort } from './free-port.js';

export interface SlapdWish {
  /** By suffix: entries as LDIF. */
  readonly data: Readonly<Record<string, string>>;
  /** Before the databases. */
  readonly global?: readonly string[];
  /** In each database. */
  readonly perDatabase?: readonly string[];
  readonly certificate?: IssuedCertificate;
  /** More of what the server says of itself, as LDIF. */
  readonly rootDse?: string;
}

export interface RunningSlapd {
  readonly port: number;
  /** 0 without a certificate. */
  readonly tlsPort: number;
  stop(): Promise<void>;
}

const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };

/** OpenLDAP on loopback, in a folder of its own, with a configuration of its own. */
export async function startSlapd(wish: SlapdWish): Promise<RunningSlapd> {
  const folder = await mkdtemp(join(tmpdir(), 'airgap-slapd-'));
  const [port, tlsPort] = [await freePort(), wish.certificate === undefined ? 0 : await freePort()];
  const conf = await fillSlapd(folder, wish);
  const urls = [
    `ldap://127.0.0.1:${String(port)}`,
    ...(tlsPort === 0 ? [] : [`ldaps://127.0.0.1:${String(tlsPort)}`]),
  ];
  // With a debug level it stays in the foreground; none says nothing.
  const child = spawn('slapd', ['-d', 'none', '-h', urls.join(' '), '-f', conf], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  for (let waited = 0; waited < 10_000 && child.exitCode === null; waited += 20) {
    if (await answers(port)) return { port, tlsPort, stop };
    await sleep(20);
  }
  await stop();
  throw new Error(`slapd did not come up:\n${said}`);
}

/** Configuration and data; path of the former. */
export async function fillSlapd(folder: string, wish: SlapdWish): Promise<string> {
  const conf = join(folder, 'slapd.conf');
  await writeFile(conf, await configuration(folder, wish));
  for (const [index, ldif] of Object.values(wish.data).entries()) {
    const file = join(folder, `${String(index)}.ldif`);
    await writeFile(file, ldif);
    execFileSync('slapadd', ['-q', '-n', String(index + 1), '-f', conf, '-l', file], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
  return conf;
}

async function configuration(folder: string, wish: SlapdWish): Promise<string> {
  const schemas = ['core', 'cosine', 'inetorgperson', 'nis'].map(
    (name) => `include /etc/ldap/schema/${name}.schema`,
  );
  const { certificate, rootDse } = wish;
  if (rootDse !== undefined) await writeFile(join(folder, 'root-dse.ldif'), rootDse);
  const databases = await Promise.all(
    Object.keys(wish.data).map(async (suffix, index) => {
      const dir = join(folder, `db${String(index)}`);
      await mkdir(dir);
      return [
        'database mdb',
        `suffix "${suffix}"`,
        `directory ${dir}`,
        'maxsize 104857600',
        'index objectClass,uid eq',
        ...(wish.perDatabase ?? []),
      ];
    }),
  );
  return [
    ...schemas,
    `pidfile ${join(folder, 'pid')}`,
    `argsfile ${join(folder, 'args')}`,
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    'threads 2',
    ...(certificate === undefined
      ? []
      : [`TLSCertificateFile ${certificate.cert}`, `TLSCertificateKeyFile ${certificate.key}`]),
    ...(wish.global ?? []),
    ...(rootDse === undefined ? [] : [`rootDSE ${join(folder, 'root-dse.ldif')}`]),
    ...databases.flat(),
    '',
  ].join('\n');
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
