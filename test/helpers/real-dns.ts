import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemDns } from '../../src/system/dns.js';
import { freePort } from './free-port.js';

export interface RunningDns {
  /** "127.0.0.1:PORT" */
  readonly address: string;
  stop(): Promise<void>;
}

interface Recipe {
  readonly program: string;
  readonly args: (folder: string) => readonly string[];
  readonly files: (folder: string, port: number) => Record<string, string>;
}

/** dnsmasq that knows only `lines` of configuration and asks nobody. */
export function startDnsmasq(lines: readonly string[]): Promise<RunningDns> {
  return start({
    program: 'dnsmasq',
    args: (folder) => ['--keep-in-foreground', `--conf-file=${join(folder, 'dnsmasq.conf')}`],
    files: (_folder, port) => ({
      'dnsmasq.conf': [
        `port=${port}`,
        'listen-address=127.0.0.1',
        'bind-interfaces',
        'no-resolv',
        'no-hosts',
        'user=',
        'pid-file=',
        'log-facility=-',
        ...lines,
        '',
      ].join('\n'),
    }),
  });
}

/** unbound with `text` after its own configuration; every name it is not told about is NXDOMAIN. */
export function startUnbound(text: string): Promise<RunningDns> {
  return start({
    program: 'unbound',
    args: (folder) => ['-d', '-c', join(folder, 'unbound.conf')],
    files: (folder, port) => ({
      'unbound.conf': `server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: 127.0.0.1@${port}
  module-config: "iterator"
  local-zone: "." static
remote-control:
  control-enable: no
${text}
`,
    }),
  });
}

/** named, authoritative for `zone` with `records` in it. */
export function startNamed(
  zone: string,
  records: readonly string[],
  options: { readonly allowQuery?: 'any' | 'none'; readonly checkNames?: 'fail' | 'ignore' } = {},
): Promise<RunningDns> {
  return start({
    program: 'named',
    args: (folder) => ['-g', '-n', '1', '-c', join(folder, 'named.conf')],
    files: (folder, port) => ({
      'named.conf': `options {
  directory "${folder}";
  pid-file none;
  session-keyfile none;
  lock-file none;
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  check-names primary ${options.checkNames ?? 'fail'};
  allow-query { ${options.allowQuery ?? 'any'}; };
};
controls { };
zone "${zone}" { type primary; file "zone"; };
`,
      zone: [
        '$TTL 60',
        '@ IN SOA ns hostmaster 1 3600 600 86400 60',
        '@ IN NS ns',
        'ns IN A 127.0.0.1',
        ...records,
        '',
      ].join('\n'),
    }),
  });
}

/** A port that takes questions and never answers: a resolver behind a firewall. */
export async function startSilent(): Promise<RunningDns> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

async function start({ program, args, files }: Recipe): Promise<RunningDns> {
  const folder = await mkdtemp(join(tmpdir(), `airgap-${program}-`));
  const port = await freePort();
  for (const [name, text] of Object.entries(files(folder, port))) await writeFile(join(folder, name), text);
  const child = spawn(program, args(folder), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
  });
  let said = '';
  const keep = (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = once(child, 'exit');

  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const address = `127.0.0.1:${port}`;
  for (let waited = 0; waited < 10_000; waited += 50) {
    if (child.exitCode !== null) break;
    const { kind } = await systemDns.query(address, 'is-it-up.test', 'A');
    if (kind !== 'unreachable' && kind !== 'timeout') return { address, stop };
    await sleep(50);
  }
  await stop();
  throw new Error(`${program} did not come up:\n${said}`);
}
