import { mkdtemp, readdir, readFile, rm, writeFile, mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checklist, type Checklist, type ChecklistRequest } from '../../../src/operations/checklist.js';
import { systemDns } from '../../../src/system/dns.js';
import { systemHttp } from '../../../src/system/http.js';
import { systemTcp } from '../../../src/system/tcp.js';
import type { Ui } from '../../../src/ui.js';
import { buildCommand, type BuiltCommand } from '../../helpers/built-command.js';
import { fakeHost } from '../../helpers/fake-host.js';
import { identityFiles } from '../../helpers/identity-files.js';
import { serveHttp, serveTcp } from '../../helpers/http-server.js';

/* The command as built, against servers that answer as a Sandstorm, an index and a mail server do. */

let tool: BuiltCommand;
let dir = '';
let home = '';

beforeAll(async () => {
  tool = await buildCommand();
});
afterAll(() => tool.remove());
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'checklist-'));
  home = join(dir, 'home');
  await mkdir(home);
  return () => rm(dir, { recursive: true, force: true });
});

async function conf(port: number, more = 'UPDATE_CHANNEL=none\n'): Promise<void> {
  const text = `BASE_URL=http://localhost:${String(port)}\nWILDCARD_HOST=*.s.localhost:${String(port)}\n${more}`;
  await writeFile(join(home, 'sandstorm.conf'), text);
}
const sandstorm = (more: Record<string, string> = {}): Promise<number> =>
  serveHttp((request, response) => {
    const host = request.headers.host ?? '';
    if (host.startsWith('selftest-')) response.end('Self-test OK.');
    else if (request.url?.startsWith('/_saml/authorize/') === true && more.saml !== undefined)
      response.writeHead(302, { location: `${more.saml}?SAMLRequest=x` }).end();
    else response.writeHead(request.url === '/' ? 200 : 404).end('<html>');
  });

type States = Record<string, { kind: string; seen?: string }>;
/** Every name leads to this machine. */
async function look(more: Partial<ChecklistRequest>): Promise<States> {
  const names = { ...systemDns, lookup: () => Promise.resolve(['127.0.0.1']) };
  const host = await fakeHost({ dns: names, http: systemHttp(names), tcp: systemTcp(names) });
  const ui = {
    step: (_: string, work: Parameters<Ui['step']>[1]) =>
      work({ detail: () => undefined, bytes: () => undefined }),
  } as Ui;
  const request: ChecklistRequest = {
    home: join(dir, 'none'),
    conf: undefined,
    baseUrl: '',
    wildcardHost: undefined,
    providers: ['saml'],
    ldap: undefined,
    ldapCaFile: undefined,
    samlMetadata: undefined,
    samlEntryPoint: undefined,
    guests: 'refused',
    contacts: 'shared',
    indexUrl: undefined,
    marketUrl: undefined,
    mail: undefined,
    mailFrom: undefined,
    title: undefined,
    termsUrl: undefined,
    privacyUrl: undefined,
    verify: true,
    ...more,
  };
  const { items } = await checklist(request, host, ui);
  return Object.fromEntries(items.map(({ id, state }) => [id, state]));
}

const run = async (
  ...more: string[]
): Promise<{ exitCode: number | null; states: States; code: string | undefined }> => {
  const ran = await tool.run(['checklist', '--home', home, '--json', ...more]);
  const { result, error } = JSON.parse(ran.stdout) as {
    result: { items: { id: string; state: { kind: string } }[] };
    error: { code: string } | null;
  };
  return {
    exitCode: ran.exitCode,
    states: Object.fromEntries(result.items.map(({ id, state }) => [id, state])),
    code: error?.code,
  };
};

describe('checklist --verify', () => {
  it('ticks what it sees: the server, the index, the mail server, SAML', async () => {
    const port = await sandstorm({ saml: 'http://idp.corp.lan/sso' });
    const index = await serveHttp((_, response) => response.end('{"apps":[{},{}]}'));
    const smtp = await serveTcp((socket) => socket.write('220 mail.corp.lan ESMTP\r\n'));
    const states = await look({
      baseUrl: `http://sandstorm.corp.test:${String(port)}`,
      wildcardHost: `*.sandstorm.corp.test:${String(port)}`,
      samlEntryPoint: 'http://idp.corp.lan/sso?x=1',
      indexUrl: `http://apps.corp.test:${String(index)}`,
      marketUrl: `http://apps.corp.test:${String(index)}`,
      mail: { host: 'mail.corp.test', port: smtp },
    });
    const seen = Object.entries(states).flatMap(([id, { kind }]) => (kind === 'done' ? [id] : []));
    expect(seen).toEqual(['server.reached', 'login.saml', 'apps.sources', 'mail.outbound']);
    expect(states['apps.sources']?.seen).toBe('the index has 2 apps, and the market opens');
  });

  it('says what is not so, and ends with 3; the page is written all the same', async () => {
    await conf(await serveHttp((_, response) => response.end('a web server')), 'UPDATE_CHANNEL=dev\n');
    const index = await serveHttp((_, response) => response.end('<html>'));
    const smtp = await serveTcp((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    const page = join(dir, 'page.html');
    const { exitCode, states, code } = await run(
      '--verify',
      '--output',
      page,
      '--index-url',
      `http://127.0.0.1:${String(index)}`,
      '--smtp',
      `127.0.0.1:${String(smtp)}`,
      '--terms-url',
      `http://127.0.0.1:${String(index)}/terms`,
      '--ldap-url',
      'ldap://127.0.0.1:1',
    );
    expect({ exitCode, code }).toEqual({ exitCode: 3, code: 'E_CHECKLIST' });
    const failed = Object.entries(states).flatMap(([id, { kind }]) => (kind === 'failed' ? [id] : []));
    expect(failed).toEqual(['server.reached', 'server.conf', 'login.ldap', 'apps.sources', 'mail.outbound']);
    expect(await readFile(page, 'utf8')).toContain('is no mail server: SSH-2.0-OpenSSH');
  });

  it('finds SAML that leads elsewhere, and is content where it is not enabled', async () => {
    const at = async (saml?: string): Promise<States> => {
      const port = String(await sandstorm(saml === undefined ? {} : { saml }));
      return look({
        baseUrl: `http://sandstorm.corp.test:${port}`,
        samlEntryPoint: 'http://idp.corp.lan/sso',
      });
    };
    expect((await at('http://old-idp.corp.lan/sso'))['login.saml']).toMatchObject({
      kind: 'failed',
      seen: expect.stringContaining('old-idp') as string,
    });
    expect((await at())['login.saml']).toEqual({ kind: 'open' });
  });
});

describe('checklist --saml-metadata', () => {
  const address = ['--base-url', 'http://s.corp.lan:6080', '--json'];

  it('fills in the form with what the provider says of itself', async () => {
    await identityFiles(dir, 's.corp.lan');
    const ran = await tool.run([
      'checklist',
      '--home',
      home,
      '--saml-metadata',
      join(dir, 'idp-metadata.xml'),
      ...address,
    ]);
    const { result } = JSON.parse(ran.stdout) as { result: Checklist };
    const fields = result.items.find(({ id }) => id === 'login.saml')?.fields.map(({ value }) => value);
    const certificate = await readFile(join(dir, 'house-ca.pem'), 'utf8');
    expect(fields).toEqual([
      { kind: 'text', text: 'https://idp.corp.lan/sso' },
      { kind: 'note', text: 'leave empty' },
      { kind: 'text', text: certificate.replace(/-----.*-----|\s/g, '') },
      { kind: 'text', text: 's.corp.lan' },
    ]);
    expect(result.items.map(({ id }) => id)).not.toContain('login.ldap');
  });

  it('tells with --verify why logins would fail', async () => {
    await identityFiles(dir, 's.corp.lan');
    const metadata = join(dir, 'idp-metadata.xml');
    const text = await readFile(metadata, 'utf8');
    await writeFile(metadata, text.replace('HTTP-Redirect', 'HTTP-POST'));
    const states = await look({ baseUrl: 'http://s.corp.lan:1', samlMetadata: metadata });
    expect(states['login.saml']).toMatchObject({
      kind: 'failed',
      seen: expect.stringContaining('HTTP-Redirect') as unknown,
    });
  });
});

describe('checklist', () => {
  it('asks nobody without --verify, and prints the list alone', async () => {
    let asked = 0;
    await conf(await serveHttp((_, response) => response.end(String((asked += 1)))));
    const ran = await tool.run(['checklist', '--home', home]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^# Checklist for localhost\n/);
    expect(asked).toBe(0);
  });

  it('writes the page at once, and once', async () => {
    await conf(1);
    const page = join(dir, 'out', 'page.html');
    const first = await tool.run(['checklist', '--home', home, '--output', page, '--json']);
    expect(first.exitCode).toBe(1);
    expect(JSON.parse(first.stdout)).toMatchObject({ error: { code: 'E_IO' } });
    await mkdir(join(dir, 'out'));
    const changed = async (...more: string[]): Promise<boolean> => {
      const ran = await tool.run(['checklist', '--home', home, '--output', page, '--json', ...more]);
      return (JSON.parse(ran.stdout) as { changed: boolean }).changed;
    };
    expect(await changed('--dry-run')).toBe(false);
    expect(await readdir(join(dir, 'out'))).toEqual([]);
    expect(await changed()).toBe(true);
    const { ino } = await stat(page);
    expect(await changed()).toBe(false);
    expect((await stat(page)).ino).toBe(ino);
    expect(await readdir(join(dir, 'out'))).toEqual(['page.html']);
    expect(await readFile(page, 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('needs an address where there is no server yet', async () => {
    const without = await tool.run(['checklist', '--home', join(dir, 'none')]);
    expect(without).toMatchObject({ exitCode: 4, stdout: '' });
    const ran = await tool.run([
      'checklist',
      '--home',
      join(dir, 'none'),
      '--base-url',
      'http://s.corp.lan:6080',
      '--format',
      'json',
    ]);
    expect((JSON.parse(ran.stdout) as { baseUrl: string }).baseUrl).toBe('http://s.corp.lan:6080');
  });
});
