import { spawn, type ChildProcess } from 'node:child_process';
import type { RequestListener } from 'node:http';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  complaints,
  isHealthy,
  proveHealthy,
  readHealth,
  type HealthTarget,
} from '../../src/server/health.js';
import type { Host } from '../../src/system/host.js';
import { systemHttp } from '../../src/system/http.js';
import { serveHttp, serveHttps } from '../helpers/http-server.js';
import { privateMachine, type PrivateMachine } from '../helpers/machine-host.js';
import { requireReal } from '../helpers/real-parts.js';

let machine: PrivateMachine;
let host: Host;
let home = '';
let server: ChildProcess;

beforeEach(async () => {
  machine = await privateMachine();
  const dns = {
    ...machine.host.dns,
    lookup: (name: string) => Promise.resolve(name.endsWith('.unknown.test') ? [] : ['127.0.0.1']),
  };
  host = { ...machine.host, dns, http: systemHttp(dns) };
  home = join(machine.root, 'home');
  await mkdir(join(home, 'sandstorm-308'), { recursive: true });
  await mkdir(join(home, 'sandstorm-307'));
  await mkdir(join(home, 'var/pid'), { recursive: true });
  await symlink('sandstorm-308', join(home, 'latest'));
  server = await run('sandstorm-308');
});

/** Its working directory is how a server's process is known. */
async function run(folder: string): Promise<ChildProcess> {
  const child = spawn('sleep', ['99'], { cwd: join(home, folder), stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await writeFile(join(home, 'var/pid/sandstorm.pid'), `${String(child.pid)}\n`);
  return child;
}

/** Answers as Sandstorm does. */
function well(...[asked, answer]: Parameters<RequestListener>): void {
  const isSelfTest = asked.headers.host?.startsWith('selftest-') ?? false;
  answer.end(isSelfTest ? 'Self-test OK.' : '<title>Sandstorm</title>');
}

const target = (port: number, more: Partial<HealthTarget> = {}): HealthTarget => ({
  home,
  release: 'sandstorm-308',
  baseUrl: `http://box.test:${String(port)}`,
  wildcardHost: `*.box.test:${String(port)}`,
  ...more,
});

const QUICK = { startTimeoutMs: 1500, stableMs: 600 };

describe('one look', () => {
  it('finds a server that is well', async () => {
    const asked: string[] = [];
    const port = await serveHttp((request, answer) => {
      asked.push(request.headers.host ?? '');
      well(request, answer);
    });
    const reading = await readHealth(target(port), host);
    expect(complaints(reading)).toEqual([]);
    expect(isHealthy(reading)).toBe(true);
    expect(reading.process.pid).toBe(server.pid);
    expect(asked.sort()).toEqual([
      `box.test:${String(port)}`,
      expect.stringMatching(`^selftest-[0-9a-f]{20}\\.box\\.test:${String(port)}$`),
    ]);
  });

  it('does not take another program on the port for Sandstorm', async () => {
    const port = await serveHttp((_, answer) => answer.end('It works!'));
    const reading = await readHealth(target(port), host);
    expect(isHealthy(reading)).toBe(false);
    expect(complaints(reading)).toEqual([
      expect.stringMatching(/^something that is not Sandstorm answers on http:\/\/selftest-/),
    ]);
  });

  it.each([
    ['the shell is broken', 500, 'answers 500'],
    ['the name is not known to it', 404, 'answers 404'],
  ])('tells when %s though the gateway is well', async (_, status, said) => {
    const port = await serveHttp((asked, answer) => {
      if (asked.headers.host?.startsWith('box') === true) answer.statusCode = status;
      well(asked, answer);
    });
    const reading = await readHealth(target(port), host);
    expect(complaints(reading)).toEqual([`http://box.test:${String(port)} ${said}`]);
  });

  it('takes a redirect for an answer', async () => {
    const port = await serveHttp((asked, answer) => {
      if (asked.headers.host?.startsWith('box') === true) answer.statusCode = 302;
      well(asked, answer);
    });
    expect(isHealthy(await readHealth(target(port), host))).toBe(true);
  });

  it('tells a process of another build, a link to another build, and no process', async () => {
    const port = await serveHttp(well);
    expect(complaints(await readHealth(target(port, { release: 'sandstorm-309' }), host))).toEqual([
      'latest points to sandstorm-308, not to sandstorm-309',
    ]);
    await run('sandstorm-307');
    expect(complaints(await readHealth(target(port), host))).toEqual([
      'the process that runs is still sandstorm-307',
    ]);
    await writeFile(join(home, 'var/pid/sandstorm.pid'), '4194303\n');
    expect(complaints(await readHealth(target(port), host))).toEqual(['no server process is running']);
  });

  it('goes by name, and to the server itself only when that was allowed', async () => {
    const port = await serveHttp(well);
    const lost = target(port, {
      baseUrl: `http://box.unknown.test:${String(port)}`,
      wildcardHost: `*.box.unknown.test:${String(port)}`,
    });
    const [first, second] = complaints(await readHealth(lost, host));
    expect([first, second]).toEqual([
      expect.stringContaining('the name does not resolve'),
      expect.stringContaining('the name does not resolve'),
    ]);
    const direct = { ...lost, directTo: { address: '127.0.0.1', port } };
    expect(complaints(await readHealth(direct, host))).toEqual([]);
  });

  it.runIf(requireReal('health over https', ['openssl']))(
    'is content with a certificate that is not trusted here, and tells of it',
    async () => {
      const port = await serveHttps(well, machine.root);
      const reading = await readHealth(target(port, { baseUrl: `https://box.test:${String(port)}` }), host);
      expect(isHealthy(reading)).toBe(true);
      expect(reading.tlsProblem).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    },
  );
});

describe('the proof', () => {
  it('takes as long as it must be stable, on other names each time', async () => {
    const names = new Set<string>();
    const port = await serveHttp((asked, answer) => {
      names.add(asked.headers.host ?? '');
      well(asked, answer);
    });
    const began = performance.now();
    const proof = await proveHealthy(target(port), QUICK, host);
    expect(proof.healthy).toBe(true);
    expect(performance.now() - began).toBeGreaterThanOrEqual(600);
    expect(proof.namesAnswered).toBeGreaterThanOrEqual(2);
    expect(names.size).toBe(proof.namesAnswered + 1);
    expect(proof.answeredAfterMs).toBeLessThan(600);
  });

  it('wants two good answers even when nothing was said about how long', async () => {
    const port = await serveHttp(well);
    expect((await proveHealthy(target(port), { ...QUICK, stableMs: 0 }, host)).namesAnswered).toBe(2);
  });

  it('waits for a server that takes its time', async () => {
    const opens = performance.now() + 1000;
    const port = await serveHttp((asked, answer) => {
      if (performance.now() < opens) answer.statusCode = 502;
      well(asked, answer);
    });
    const proof = await proveHealthy(target(port), { startTimeoutMs: 8000, stableMs: 300 }, host);
    expect(proof.healthy).toBe(true);
    expect(proof.answeredAfterMs).toBeGreaterThanOrEqual(1000);
  });

  it('gives up on one that never answers, in the time given', async () => {
    const port = await serveHttp((_, answer) => {
      answer.statusCode = 503;
      answer.end();
    });
    const began = performance.now();
    const proof = await proveHealthy(target(port), QUICK, host);
    expect(proof).toMatchObject({ healthy: false, namesAnswered: 0, answeredAfterMs: undefined });
    expect(performance.now() - began).toBeLessThan(4000);
  });

  it('does not wait the whole time for a process that is dead', async () => {
    const port = await serveHttp((_, answer) => answer.end('somebody else'));
    server.kill('SIGKILL');
    const began = performance.now();
    const proof = await proveHealthy(target(port), { startTimeoutMs: 60_000, stableMs: 600 }, host);
    expect(proof.healthy).toBe(false);
    expect(complaints(proof.reading)).toContain('no server process is running');
    expect(performance.now() - began).toBeLessThan(8000);
  });

  it('is none for one that comes up and falls down again', async () => {
    const falls = performance.now() + 900;
    const port = await serveHttp((asked, answer) => {
      if (performance.now() > falls) answer.statusCode = 500;
      well(asked, answer);
    });
    const seen: boolean[] = [];
    const proof = await proveHealthy(
      target(port),
      { startTimeoutMs: 1500, stableMs: 1500, onReading: (reading) => void seen.push(isHealthy(reading)) },
      host,
    );
    expect(proof.healthy).toBe(false);
    expect(proof.answeredAfterMs).toBeDefined();
    expect([seen[0], seen.at(-1)]).toEqual([true, false]);
  });

  it('starts anew when it falls down in between', async () => {
    let requests = 0;
    const port = await serveHttp((asked, answer) => {
      requests += 1;
      if (requests === 3 || requests === 4) answer.statusCode = 500;
      well(asked, answer);
    });
    const stable: number[] = [];
    const proof = await proveHealthy(
      target(port),
      { startTimeoutMs: 5000, stableMs: 800, onReading: (_, forMs) => void stable.push(forMs) },
      host,
    );
    expect(proof.healthy).toBe(true);
    expect(stable[1]).toBe(0);
    expect(stable[2]).toBeLessThan(300);
    expect(stable.length).toBeGreaterThanOrEqual(4);
  });

  it('ends when we are told to stop', async () => {
    const port = await serveHttp(well);
    const proving = proveHealthy(target(port), { startTimeoutMs: 60_000, stableMs: 60_000 }, host);
    machine.interrupt();
    expect((await proving).healthy).toBe(false);
  });
});
