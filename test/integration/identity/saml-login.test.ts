import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loginUrl } from '../../../src/identity/saml/authn-request.js';
import { serviceProvider } from '../../../src/identity/saml/service-provider.js';
import { parseBaseUrl } from '../../../src/server/addresses.js';
import { requireBrowser, startBrowser, type Browser } from '../../helpers/trusting-browser.js';
import { buildCommand, type BuiltCommand, type Ran } from '../../helpers/built-command.js';
import { tempDir } from '../../helpers/fake-host.js';
import {
  requireIdentityProvider,
  startIdentityProvider,
  type IdentityProvider,
} from '../../helpers/saml-idp.js';
import {
  startServiceProvider,
  type Answered,
  type StandInServiceProvider,
} from '../../stand-ins/service-provider.js';

/*
 * A real identity provider (SimpleSAMLphp), a real browser (Chromium), and a stand-in that takes and refuses answers
 * like Sandstorm. What the tool says of each answer must be what the server did with it.
 */

const what = 'logins with a real SAML identity provider';
const ready = requireIdentityProvider(what) && requireBrowser(what);

let idp: IdentityProvider;
let sp: StandInServiceProvider;
let browser: Browser;
let command: BuiltCommand;
let base = '';

beforeAll(async () => {
  if (!ready) return;
  sp = await startServiceProvider(() => ({ certificate: idp.certificate, rootUrl: base }));
  base = `http://sandstorm.test:${String(sp.port)}`;
  [idp, browser, command] = await Promise.all([
    startIdentityProvider(services()),
    startBrowser(),
    buildCommand(),
  ]);
});
afterAll(async () => {
  if (!ready) return;
  await Promise.all([idp.stop(), browser.close(), command.remove(), sp.close()]);
});

/** The same server, set up in the provider in right and wrong ways; each under an entity id of its own. */
function services(): Record<string, string> {
  const consumer = (root = base): string => `'AssertionConsumerService' => '${root}/_saml/validate/default'`;
  const more = (lines: string): string => `${consumer()}, ${lines}`;
  return {
    'sandstorm.test': consumer(),
    'signed-response': more("'saml20.sign.assertion' => false, 'saml20.sign.response' => true"),
    'signed-assertion': more("'saml20.sign.assertion' => true, 'saml20.sign.response' => false"),
    unsigned: more("'saml20.sign.assertion' => false, 'saml20.sign.response' => false"),
    sha1: more("'signature.algorithm' => 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'"),
    sha384: more("'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384'"),
    'no-email': more("'authproc' => [90 => ['class' => 'core:AttributeLimit', 'displayName']]"),
    'no-name': more("'authproc' => [90 => ['class' => 'core:AttributeLimit', 'email']]"),
    encrypted: more("'assertion.encryption' => true, 'certificate' => 'idp.crt'"),
    // The same server by another name, as when BASE_URL has been changed since.
    'old-address': consumer(`http://old-name.test:${String(sp.port)}`),
  };
}

/** Ann logs in; from the second time on the provider knows her. @returns the answer, and what the server said */
async function login(entityId: string): Promise<{ answer: Answered; said: string }> {
  const provider = serviceProvider(parseBaseUrl(base), entityId);
  const id = Buffer.from(entityId.padEnd(20, '-')).toString('hex').slice(0, 40);
  const before = sp.answers.length;
  const { page } = browser;
  await page.goto(loginUrl(`${idp.url}saml2/idp/SSOService.php`, provider, id, new Date()));
  if (page.url().includes('loginuserpass')) {
    await page.fill('input[name=username]', 'ann');
    await page.fill('input[name=password]', 'correct-horse');
    await page.press('input[name=password]', 'Enter');
  }
  await page.waitForURL('**/_saml/validate/default');
  const answer = sp.answers[before];
  if (answer === undefined) throw new Error(`no answer came: ${await page.content()}`);
  return { answer, said: await page.innerText('body') };
}

async function explain(answer: Answered, ...flags: string[]): Promise<Ran & { failed: string[] }> {
  const file = join(await tempDir(), 'captured');
  await writeFile(file, answer.body);
  const saml = ['identity', 'saml', idp.metadataUrl, '--base-url', base, '--response', file];
  const ran = await command.run([...saml, '--at', answer.at.toISOString(), '--json', ...flags]);
  const { result } = JSON.parse(ran.stdout) as { result: { response: { id: string; status: string }[] } };
  return { ...ran, failed: result.response.filter(({ status }) => status === 'fail').map(({ id }) => id) };
}

describe.skipIf(!ready)('with SimpleSAMLphp and Chromium', { timeout: 60_000 }, () => {
  it('finds the login page of the provider, and refuses a service it does not know', async () => {
    const saml = ['identity', 'saml', idp.metadataUrl, '--base-url', base, '--probe'];
    const ran = await command.run(saml);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ran.stdout).toMatch(/✔ idp\.login-page +a login page: "/);
    const unknown = await command.run([...saml, '--entity-id', 'nobody.test']);
    expect(unknown).toMatchObject({ exitCode: 3 });
    expect(unknown.stdout).toMatch(/✖ idp\.login-page +the provider answers/);
    expect(unknown.stderr).toContain('E_SAML_NOT_READY');
  });

  it('finds nothing wrong with a login that goes well', async () => {
    const { answer, said } = await login('sandstorm.test');
    expect(said).toMatch(/^welcome .*"email":"ann@corp.test","displayName":"Ann Admin","nameId":"ann"/);
    const ran = await explain(answer);
    expect(ran).toMatchObject({ exitCode: 0, failed: [] });
    const checks = (JSON.parse(ran.stdout) as { result: { response: { status: string }[] } }).result.response;
    expect(checks.map(({ status }) => status)).toEqual(Array(checks.length).fill('pass'));
    expect(checks.length).toBeGreaterThan(8);
  });

  it.each([
    ['signed-response', []],
    ['signed-assertion', []],
    ['sha1', []],
    ['no-name', []],
    ['unsigned', ['response.signature']],
    ['sha384', ['response.signature']],
    ['no-email', ['response.email']],
    ['encrypted', ['response.assertion']],
    ['old-address', ['response.destination', 'response.recipient']],
  ])('says of a provider set up as %s what the server did: %j', async (entityId, expected) => {
    const { answer, said } = await login(entityId);
    expect(said).toMatch(expected.length === 0 ? /^welcome/ : /^refused/);
    const { failed, exitCode } = await explain(answer, '--entity-id', entityId);
    expect({ failed, exitCode }).toEqual({ failed: expected, exitCode: expected.length === 0 ? 0 : 3 });
  });

  it('writes metadata of this server once, and nothing in a dry run', async () => {
    const file = join(await tempDir(), 'sp.xml');
    const write = ['identity', 'saml', '--base-url', base, '--sp-metadata', file, '--json'];
    const changed = async (...more: string[]): Promise<unknown> =>
      (JSON.parse((await command.run([...write, ...more])).stdout) as { changed: unknown }).changed;
    expect(await changed('--dry-run')).toBe(false);
    await expect(readFile(file)).rejects.toThrow('ENOENT');
    expect(await changed()).toBe(true);
    expect(await changed()).toBe(false);
    expect(await readFile(file, 'utf8')).toContain(`Location="${base}/_saml/validate/default"`);
  });
});
