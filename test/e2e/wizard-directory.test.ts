import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCa } from '../helpers/private-ca.js';
import { folders, person, searcher, SEARCHER, SUFFIX } from '../helpers/directory.js';
import { PLACES, QuietMachine, requireQuietMachine, settled } from '../helpers/quiet-machine.js';
import { requireReal } from '../helpers/real-parts.js';
import { fillSlapd } from '../helpers/slapd.js';

/* A directory of the house, and somebody at a terminal who knows its address and not much more. */

const ready =
  requireQuietMachine('the wizard and a directory') &&
  requireReal('the wizard and a directory', ['slapd', 'slapadd', 'openssl']);
let dir = '';
let conf = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wizard-directory-'));
  if (!ready) return;
  conf = await fillSlapd(dir, {
    data: { [SUFFIX]: [folders(), searcher(), person('ada', { cn: 'Ada Lovelace' })].join('') },
    certificate: makeCa(dir, 'house-ca').issue({ name: 'ldap.corp.lan' }),
    perDatabase: ['access to attrs=userPassword by anonymous auth', 'access to * by users read'],
  });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const MENU = /What would you like to do\?\s+❯/;
const MEND = /\? How shall we go on\?\s+❯/;
const END = /^exit \d+$/m;

describe.skipIf(!ready)('the wizard', { timeout: 120_000 }, () => {
  it('mends what is known of a directory until people could log in, and writes the page', async (test) => {
    const machine = await QuietMachine.start({
      files: { 'media/usb/house-ca.pem': join(dir, 'house-ca.pem') },
      names: { 'ldap.corp.lan': '10.20.0.5' },
      env: { SANDSTORM_AIRGAP_BASE_URL: 'http://sandstorm.corp.lan:6080' },
    });
    test.onTestFinished(() => machine.stop());
    await machine.type(`slapd -d none -h "ldap:/// ldaps:///" -f ${conf} > /dev/null 2>&1 &`, 'Enter');
    await machine.type(
      'until ldapsearch -x -H ldap://10.20.0.5 -b "" -s base > /dev/null; do sleep .1; done; echo up',
      'Enter',
    );
    await machine.shows(/^up$/m);
    await machine.clear();
    await machine.type('airgap', 'Enter');
    await machine.answer(
      [MENU, 'Down', 'Down', 'Enter'],
      [/\? Where is the LDAP server\?/, 'ldap.corp.lan', 'Enter'],
      [/> begin with ldaps:/, 'C-u', 'ldaps://ldap.corp.lan', 'Enter'],
      [/\? Which login name/, 'ada', 'Enter'],
      [MEND, 'Enter'],
      [/\? Where is the CA certificate/, '/media/usb/house-ca.pem', 'Enter'],
      [/ldap\.base[^]*\? How shall we go on\?\s+❯/, 'Enter'],
      [/\? Which DN may search\?/, SEARCHER.dn, 'Enter'],
      [/\? Password of cn=sandstorm/, SEARCHER.password, 'Enter'],
      [/\? Write all that is left/, 'y', 'Enter'],
      [/\? Where to\?/, 'Enter'],
    );
    const screen = settled(await machine.shows(END)).replace(
      /good until \d{4}-\d\d-\d\d/g,
      'good until DATE',
    );
    expect(screen).not.toContain(SEARCHER.password);
    await expect(screen).toMatchFileSnapshot('screens/directory.txt');
    const page = await readFile(machine.at(`${PLACES.user}/sandstorm-checklist.html`), 'utf8');
    expect(page).toContain('ldaps://ldap.corp.lan');
    expect(page).not.toContain(SEARCHER.password);
  });
});
