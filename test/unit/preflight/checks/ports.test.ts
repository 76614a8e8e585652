import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../../src/preflight/check.js';
import { portDistinct } from '../../../../src/preflight/checks/port-distinct.js';
import { portHttp } from '../../../../src/preflight/checks/port-http.js';
import { portHttps } from '../../../../src/preflight/checks/port-https.js';
import { portMongo } from '../../../../src/preflight/checks/port-mongo.js';
import { portSmtp } from '../../../../src/preflight/checks/port-smtp.js';
import { collides, plannedPorts, sharedPorts } from '../../../../src/preflight/port-plan.js';
import type { PortHolder } from '../../../../src/system/host.js';
import { fakeHost, writeTree, type FakeHost, type FakeOverrides } from '../../../helpers/fake-host.js';
import { runCheck, shown } from '../../../helpers/subject.js';

const ports = { http: [6080], mongo: 6081, smtp: 25 };
const exim: PortHolder = { address: '0.0.0.0', port: 25, pid: 812, program: 'exim4' };

describe('collides', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0', true],
    ['127.0.0.1', '0.0.0.0', true],
    ['0.0.0.0', '10.20.0.5', true],
    ['10.20.0.5', '10.20.0.5', true],
    ['127.0.0.1', '10.20.0.5', false],
    ['::', '10.20.0.5', true],
    ['::1', '0.0.0.0', false],
    ['::1', '::', true],
    ['127.0.0.1', '::', true],
  ])('%s keeps others from %s: %s', (held, wanted, expected) => {
    expect(collides(held, wanted)).toBe(expected);
  });
});

describe('plannedPorts', () => {
  it('binds the database to loopback, whatever is said', () => {
    expect(plannedPorts({ http: [80, 6080], https: 443, mongo: 6081, smtp: 25 }, '10.20.0.5')).toEqual([
      { use: 'http', port: 80, bind: '10.20.0.5' },
      { use: 'http', port: 6080, bind: '10.20.0.5' },
      { use: 'https', port: 443, bind: '10.20.0.5' },
      { use: 'mongo', port: 6081, bind: '127.0.0.1' },
      { use: 'smtp', port: 25, bind: '10.20.0.5' },
    ]);
  });

  it('shows which are shared', () => {
    expect(sharedPorts(plannedPorts({ http: [80, 6080, 80], mongo: 6081, smtp: 6081 }))).toEqual([
      { port: 80, uses: ['http', 'http'] },
      { port: 6081, uses: ['mongo', 'smtp'] },
    ]);
  });
});

describe('port.*', () => {
  it('does not look before the ports are known, or where none is planned', async () => {
    expect((await runCheck(portHttp, await fakeHost())).status).toBe('skip');
    expect((await runCheck(portHttps, await fakeHost(), { ports })).status).toBe('skip');
    expect((await runCheck(portDistinct, await fakeHost())).status).toBe('skip');
  });

  it('passes for a free port', async () => {
    expect(shown(await runCheck(portHttp, await fakeHost(), { ports }))).toEqual(['pass: 6080 is free']);
  });

  it('says who holds it, and what to do', async () => {
    const host = await fakeHost({ listening: [exim] });
    expect(shown(await runCheck(portSmtp, host, { ports }))).toEqual([
      'fail: 25 is held by exim4 (pid 812)',
      'fix: --smtp-port 30025, or stop exim4',
    ]);
  });

  it('proposes a port that is neither held nor planned', async () => {
    const listening = [6080, 6082, 6083].map((port) => ({ address: '::', port, pid: 5, program: 'apache2' }));
    const host = await fakeHost({ listening });
    const [, fix] = shown(await runCheck(portHttp, host, { ports: { ...ports, http: [6080, 6084] } }));
    expect(fix).toBe('fix: --port 6085 (and in the addresses), or stop apache2');
  });

  it('lets a listener on another address be', async () => {
    const host = await fakeHost({ listening: [{ ...exim, address: '127.0.0.1' }] });
    expect(shown(await runCheck(portSmtp, host, { ports, bindIp: '10.20.0.5' }))).toEqual([
      'pass: 25 is free; exim4 (pid 812) listens on 127.0.0.1 only',
    ]);
    expect((await runCheck(portSmtp, host, { ports })).lines).toEqual([
      '25 is held by exim4 (pid 812) on 127.0.0.1',
    ]);
  });

  it('says so when the holder may not be looked at', async () => {
    const host = await fakeHost({ listening: [{ ...exim, pid: undefined, program: undefined }] });
    expect(shown(await runCheck(portSmtp, host, { ports }))).toEqual([
      'fail: 25 is held by a process that you may not look at',
      'fix: --smtp-port 30025, or ask as root who it is',
    ]);
  });

  it('knows that systemd holds sockets for others', async () => {
    const host = await fakeHost({ listening: [{ ...exim, pid: 1, program: 'systemd' }] });
    expect((await runCheck(portSmtp, host, { ports })).fix?.[0]).toMatch(/systemctl list-sockets/);
  });

  it('tells of every HTTP port that is held', async () => {
    const listening = [80, 8080].map((port) => ({ address: '0.0.0.0', port, pid: 9, program: 'nginx' }));
    const host = await fakeHost({ listening });
    const result = await runCheck(portHttp, host, { ports: { ...ports, http: [80, 6080, 8080] } });
    expect(result.lines).toEqual(['80 is held by nginx (pid 9)', '8080 is held by nginx (pid 9)']);
  });

  it('knows which ports only root may have', async () => {
    const low = { http: [80], mongo: 27, smtp: 25 };
    expect((await runCheck(portMongo, await fakeHost(), { ports: low })).lines).toEqual([
      '27 is for root only, and the database does not run as root',
    ]);
    expect((await runCheck(portHttp, await fakeHost(), { ports: low })).status).toBe('pass');
    expect((await runCheck(portHttp, await fakeHost(), { ports: low, unprivileged: true })).status).toBe(
      'fail',
    );

    const open = await fakeHost();
    await writeTree(open.layout.proc, { 'sys/net/ipv4/ip_unprivileged_port_start': '80\n' });
    expect((await runCheck(portHttp, open, { ports: low, unprivileged: true })).status).toBe('pass');
    expect((await runCheck(portSmtp, open, { ports: low, unprivileged: true })).status).toBe('fail');
  });
});

describe('port.* beside the running server', () => {
  const listening: PortHolder[] = [
    { address: '0.0.0.0', port: 6080, pid: 100, program: 'sandstorm' },
    { address: '127.0.0.1', port: 6081, pid: 140, program: 'mongod' },
    exim,
  ];

  async function running(cwd = 'home/sandstorm-308'): Promise<[FakeHost, Partial<Subject>]> {
    const processes: NonNullable<FakeOverrides['running']> & Record<number, object> = {
      120: { parent: 100 },
      140: { parent: 120 },
      812: { parent: 1 },
    };
    const host = await fakeHost({ listening, running: processes });
    processes[100] = { parent: 1, cwd: join(host.root, cwd) };
    await writeTree(host.root, { 'home/var/pid/sandstorm.pid': '100\n' });
    return [host, { phase: 'update', ports, home: join(host.root, 'home') }];
  }

  it('finds the server itself and its children right', async () => {
    const [host, about] = await running();
    expect(shown(await runCheck(portHttp, host, about))).toEqual([
      'pass: 6080 is held by this Sandstorm server (pid 100)',
    ]);
    expect(shown(await runCheck(portMongo, host, about))).toEqual([
      'pass: 6081 is held by this Sandstorm server (pid 100)',
    ]);
  });

  it('finds anybody else wrong', async () => {
    const [host, about] = await running();
    expect(shown(await runCheck(portSmtp, host, about))).toEqual([
      'fail: 25 is held by exim4 (pid 812)',
      'fix: sandstorm-airgap config set SMTP_LISTEN_PORT 30025, or stop exim4',
    ]);
  });

  it('finds a server of another HOME wrong, whatever a stale pid file says', async () => {
    const [host, about] = await running('other/sandstorm-308');
    expect((await runCheck(portHttp, host, about)).status).toBe('fail');
  });
});

describe('port.distinct', () => {
  it('passes for different ports', async () => {
    expect(shown(await runCheck(portDistinct, await fakeHost(), { ports }))).toEqual([
      'pass: 6080, 6081, 25 are all different',
    ]);
  });

  it('names the uses of a shared one', async () => {
    const shared = { http: [6081], mongo: 6081, smtp: 25 };
    expect(shown(await runCheck(portDistinct, await fakeHost(), { ports: shared }))).toEqual([
      'fail: 6081 is planned more than once: http and mongo',
      'fix: give another --mongo-port',
    ]);
  });
});
