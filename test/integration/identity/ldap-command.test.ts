import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, type BuiltCommand } from '../../helpers/built-command.js';
import { makeCa } from '../../helpers/private-ca.js';
import { folders, PASSWORD, PEOPLE, person, searcher, SEARCHER, SUFFIX } from '../../helpers/directory.js';
import { requireReal } from '../../helpers/real-parts.js';
import { startSlapd, type RunningSlapd } from '../../helpers/slapd.js';

/* identity ldap and the preflight check, as built, against OpenLDAP with a certificate of the house. */

const ready = requireReal('identity ldap as a command', ['slapd', 'slapadd', 'openssl']);
let tool: BuiltCommand;
let directory: RunningSlapd;
let dir = '';
let url = '';

beforeAll(async () => {
  if (!ready) return;
  dir = await mkdtemp(join(tmpdir(), 'ldap-command-'));
  const ca = makeCa(dir, 'house-ca');
  const certificate = ca.issue({ name: 'directory', alt: 'IP:127.0.0.1' });
  const data = {
    [SUFFIX]: [folders(), searcher(), person('ada', { cn: 'Ada Lovelace' }), person('grace')].join(''),
  };
  [tool, directory] = await Promise.all([
    buildCommand(),
    startSlapd({
      data,
      certificate,
      perDatabase: ['access to attrs=userPassword by anonymous auth', 'access to * by users read'],
    }),
  ]);
  url = `ldaps://127.0.0.1:${String(directory.tlsPort)}`;
  await writeFile(join(dir, 'password.txt'), `${SEARCHER.password}\n`);
});
afterAll(async () => {
  if (!ready) return;
  await Promise.all([tool.remove(), directory.stop()]);
  await rm(dir, { recursive: true, force: true });
});

const file = (name: string): string => join(dir, name);
const flags = (): string[] => [
  '--ldap-url',
  url,
  '--ldap-ca',
  file('house-ca.pem'),
  '--ldap-base',
  PEOPLE,
  '--ldap-bind-dn',
  SEARCHER.dn,
  '--home',
  file('none'),
];

describe.skipIf(!ready)('identity ldap', () => {
  it('prints what is to be entered, and whom it has found', async () => {
    const ran = await tool.run([
      'identity',
      'ldap',
      ...flags(),
      '--ldap-bind-password-file',
      file('password.txt'),
      '--ldap-user',
      'ada',
    ]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ran.stdout).toContain('✔ ldap.user          ada is found: Ada Lovelace <ada@corp.test>');
    const table = ran.stdout.slice(ran.stdout.indexOf('To be entered'));
    expect(table).toBe(
      [
        'To be entered at /admin/login, LDAP, Configure:',
        '',
        `    LDAP server URL                   ${url}`,
        `    Bind user DN                      ${SEARCHER.dn}`,
        '    Bind user password                (the password you gave)',
        `    Base DN                           ${PEOPLE}`,
        '    LDAP username attribute           uid',
        '    LDAP given name attribute         cn',
        '    LDAP email attribute              mail',
        '    Additional LDAP filter criteria   (leave empty)',
        `    LDAP CA certificate               all of ${file('house-ca.pem')}`,
        '',
      ].join('\n'),
    );
  });

  it('says the same to a script, and keeps both passwords to itself', async () => {
    await writeFile(file('ada.txt'), PASSWORD);
    const log = file('transcript.log');
    const more = [
      '--ldap-user',
      'ada',
      '--ldap-user-password-file',
      file('ada.txt'),
      '--json',
      '--log-file',
      log,
    ];
    const ran = await tool.run(['identity', 'ldap', ...flags(), '--ldap-bind-password-file', '-', ...more], {
      input: `${SEARCHER.password}\n`,
    });
    const said = JSON.parse(ran.stdout) as {
      ok: boolean;
      result: { people: unknown[]; fields: { setting: string; value: string | null }[] };
    };
    expect(said).toMatchObject({
      ok: true,
      changed: false,
      result: { ready: true, product: 'openldap', entries: { count: 2, partial: false } },
    });
    expect(said.result.people).toEqual([
      { login: 'ada', dn: `uid=ada,${PEOPLE}`, name: 'Ada Lovelace', email: 'ada@corp.test' },
    ]);
    const fields = Object.fromEntries(said.result.fields.map(({ setting, value }) => [setting, value]));
    expect(fields.ldapSearchBindPassword).toBeNull();
    expect(fields.ldapCaCert).toBe((await readFile(file('house-ca.pem'), 'utf8')).trim());
    const everything = ran.stdout + ran.stderr + (await readFile(log, 'utf8'));
    expect(everything).toContain('ldap.password');
    expect(everything).not.toContain(SEARCHER.password);
    expect(everything).not.toContain(PASSWORD);
  });

  it('ends with 3 and the fix when something would fail, the passwords kept all the same', async () => {
    await writeFile(file('wrong.txt'), 'never-mind-what');
    const ran = await tool.run([
      'identity',
      'ldap',
      ...flags(),
      '--ldap-bind-password-file',
      file('wrong.txt'),
      '--json',
      '--debug',
    ]);
    expect(ran.exitCode).toBe(3);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ok: false,
      error: { code: 'E_LDAP_UNFIT', message: '1 thing would fail in Sandstorm: ldap.bind' },
      result: { ready: false },
    });
    expect(ran.stdout + ran.stderr).not.toContain('never-mind-what');
  });

  it('takes no password where others can read it', async () => {
    const inUrl = await tool.run(['identity', 'ldap', '--ldap-url', 'ldaps://svc:hunter22@127.0.0.1']);
    expect(inUrl).toMatchObject({ exitCode: 2 });
    expect(inUrl.stderr).toContain('E_SECRET_ON_COMMAND_LINE');
    expect(inUrl.stderr).not.toContain('hunter22');
    const inEnv = await tool.run(['identity', 'ldap', ...flags()], {
      env: { SANDSTORM_AIRGAP_LDAP_BIND_PASSWORD: 'hunter22' },
    });
    expect(inEnv.stderr).toMatch(/E_SECRET_ON_COMMAND_LINE/);
    expect(inEnv.exitCode).toBe(2);
  });
});

describe.skipIf(!ready)('the preflight check identity.ldap', () => {
  const preflight = async (
    ...more: string[]
  ): Promise<{ status: string; lines: string[]; fix?: string[] } | undefined> => {
    const ran = await tool.run([
      'preflight',
      '--phase',
      'install',
      '--json',
      '--home',
      file('none'),
      ...more,
    ]);
    const { checks } = (
      JSON.parse(ran.stdout) as {
        result: { checks: { id: string; status: string; lines: string[]; fix?: string[] }[] };
      }
    ).result;
    return checks.find(({ id }) => id === 'identity.ldap');
  };

  it('is run only where a directory was named', async () => {
    expect(await preflight()).toBeUndefined();
    const found = await preflight(...flags().slice(0, -2), '--ldap-bind-password-file', file('password.txt'));
    expect(found).toMatchObject({
      status: 'pass',
      lines: [expect.stringContaining('TLSv1.'), '2 entries have uid'],
    });
  });

  it('fails with each finding and its fix', async () => {
    const found = await preflight('--ldap-url', url);
    expect(found).toMatchObject({
      status: 'fail',
      lines: [expect.stringMatching(/^ldap\.tls-chain: .*house-ca/), expect.any(String)],
    });
    expect(found?.fix?.join()).toContain('LDAP CA certificate: the PEM file of');
  });
});
