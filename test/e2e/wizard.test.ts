import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest';
import { publicLine } from '../../src/kit/house-key.js';
import { makeSigningKey } from '../../src/rehearsal/signing-key.js';
import { typeKey } from '../../src/release/signature/keys.js';
import { kitBox } from '../helpers/kits.js';
import { machineBelow } from '../helpers/machine-host.js';
import {
  PLACES,
  QuietMachine,
  quietInstaller,
  requireQuietMachine,
  settled,
  type Answer,
  type MachineWish,
} from '../helpers/quiet-machine.js';
import { makeRelease } from '../stand-ins/release.js';

/* The built command at a real terminal, as a person sees it. `vitest -u` writes the screens anew. */

const ready = requireQuietMachine('the wizard at a terminal');
const ADDRESS = 'http://sandstorm.corp.lan:6080';
const NAMES = { 'sandstorm.corp.lan': '10.20.0.5', '*.sandstorm.corp.lan': '10.20.0.5' };

const sign = makeSigningKey();
let parts = '';
const part = (name: string): string => join(parts, name);

beforeAll(async () => {
  parts = await mkdtemp(join(tmpdir(), 'wizard-parts-'));
  if (!ready) return;
  const wish = { dir: parts, fillerBytes: 1 << 20, sign };
  await makeRelease({ ...wish, build: 308 });
  await makeRelease({ ...wish, build: 309 });
  await makeRelease({ ...wish, build: 310, fault: 'garbage' });
  await makeRelease({ ...wish, build: 307, behaviour: { unpack_pause_ms: 4000 } });
  await quietInstaller(parts);
  await makeKit();
});
afterAll(() => rm(parts, { recursive: true, force: true }));
/** Tarballs with their signatures. */
const stick = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names
      .flatMap((name) => [name, ...(name.endsWith('.tar.xz') ? [`${name}.update-sig`] : [])])
      .map((name) => [`media/usb/${name}`, part(name)]),
  );
/** The key counts, and nothing is kept until somebody agrees. */
const TRUSTED = {
  SANDSTORM_AIRGAP_TRUST_KEY: typeKey(sign.name),
  SANDSTORM_AIRGAP_TRUST_REASON: 'signs the stand-ins',
};

async function start(
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  wish: Partial<MachineWish> = {},
): Promise<QuietMachine> {
  const files = stick('sandstorm-308.tar.xz', 'install.sh');
  const machine = await QuietMachine.start({ files, names: NAMES, env: TRUSTED, ...wish });
  onTestFinished(() => machine.stop());
  return machine;
}

/** kit.tar with a release whose signature was left behind, and house.key, which signs it. */
async function makeKit(): Promise<void> {
  const { close, ...machine } = machineBelow(parts);
  const box = await kitBox(machine);
  const contents: Record<string, Buffer> = {};
  for (const name of ['sandstorm-308.tar.xz', 'install.sh']) contents[name] = await readFile(part(name));
  await box.make('kit.tar', { form: 'tar', builds: [308], contents });
  await writeFile(part('house.key'), `${publicLine(box.key)}\n`);
  close();
}

const MENU = /What would you like to do\?\s+❯/;
const RELEASE = /\? Which release\?/;
const BASE = /\? Under which address/;
const WILDCARD = /\? Which wildcard names/;
const AGREE = /\? Go ahead\? \(y\/N\)/;
const END = /^exit \d+$/m;

const toTheAgreement = (wanted: string = ADDRESS): Answer[] => [
  [MENU, 'Enter'],
  [RELEASE, 'Enter'],
  [BASE, wanted, 'Enter'],
  [WILDCARD, 'Enter'],
];

describe.skipIf(!ready)('the wizard', { timeout: 120_000, concurrent: true }, () => {
  it('installs on a fresh machine, then updates from the list it finds', async (test) => {
    const { expect } = test;
    const machine = await start(test);
    await machine.type('airgap', 'Enter');
    await machine.answer(...toTheAgreement(), [AGREE, 'y', 'Enter']);
    await expect(settled(await machine.shows(END))).toMatchFileSnapshot('screens/install.txt');
    expect(await readdir(machine.at(PLACES.state), { recursive: true })).not.toContain('staging');

    for (const name of ['sandstorm-309.tar.xz', 'sandstorm-309.tar.xz.update-sig'])
      await machine.put(part(name), `${PLACES.user}/${name}`);
    await machine.put(part('sandstorm-310.tar.xz'), `${PLACES.stick}/sandstorm-310.tar.xz`);
    await machine.clear();
    await machine.type('airgap', 'Enter');
    await machine.answer([MENU, 'Enter']);
    await expect(settled(await machine.shows(RELEASE))).toMatchFileSnapshot('screens/update-list.txt');
    await machine.answer([RELEASE, 'Enter'], [AGREE, 'y', 'Enter']);
    await expect(settled(await machine.shows(END))).toMatchFileSnapshot('screens/update.txt');

    await machine.clear();
    await machine.type('airgap', 'Enter');
    await machine.answer([MENU, 'Down', 'Down', 'Enter']);
    await expect(settled(await machine.shows(END))).toMatchFileSnapshot('screens/status.txt');
  });

  it('says what DNS answers and takes other addresses, then another mail port', async (test) => {
    const { expect } = test;
    const machine = await start(test);
    // A mail server that was there first.
    await machine.type(`${process.execPath} -e 'require("net").createServer().listen(30025)' &`, 'Enter');
    await machine.clear();
    await machine.type('airgap', 'Enter');
    await machine.answer(...toTheAgreement('http://sandstorm.elsewhere.lan:6080'), [
      /How shall we go on/,
      'Down',
      'Enter',
    ]);
    await machine.answer([/go on\? Enter other[^]*\? Under which address/, 'C-u', ADDRESS, 'Enter']);
    await machine.answer([/6080\n\? Which wildcard names/, 'Enter']);
    const menu = /\? How shall we go on\?\s+❯ Check again[^]*Use another port for mail/;
    await machine.answer(
      [menu, 'Down', 'Enter'],
      [/Which port for mail\? \(30026\)/, 'Enter'],
      [AGREE, 'n', 'Enter'],
    );
    await expect(settled(await machine.shows(END))).toMatchFileSnapshot('screens/mend.txt');
    expect(await machine.lying()).toEqual([]);
  });

  it('asks again for a path that holds no release, and for install.sh', async (test) => {
    const { expect } = test;
    const machine = await start(test, {
      files: { 'media/usb/broken/sandstorm-310.tar.xz': part('sandstorm-310.tar.xz') },
      columns: 80,
    });
    await machine.put(part('sandstorm-308.tar.xz'), '/srv/machine/sandstorm-308.tar.xz');
    await machine.put(part('install.sh'), '/srv/machine/scripts/install.sh');
    await machine.type('airgap', 'Enter');
    await machine.answer(
      [MENU, 'Enter'],
      [/\? Path of a tarball/, 'Enter'],
      [/> a path is needed/, '/no/where', 'Enter'],
      [/> there is no file/, 'C-u', '/media/usb', 'Enter'],
      [/> no release tarball in/, 'C-u', '/srv/machine', 'Enter'],
      [RELEASE, 'Enter'],
      [/\? Where is Sandstorm's install.sh/, '~/install.sh', 'Enter'],
      [/> \/srv\/person\/install.sh is not/, 'C-u', '../machine/scripts/install.sh', 'Enter'],
      [BASE, 'sandstorm.corp.lan', 'Enter'],
      [/> begin with http:/, 'C-u', 'http://10.20.0.5', 'Enter'],
      [/> a name is needed/, 'C-u', 'C-c'],
    );
    await expect(settled(await machine.shows(END))).toMatchFileSnapshot('screens/paths-at-80-columns.txt');
  });

  it('offers a transfer kit, and installs from it when its key is trusted', async (test) => {
    const { expect } = test;
    const machine = await start(test, { files: { 'media/usb/kit.tar': part('kit.tar') }, env: {} });
    await machine.type('airgap', 'Enter');
    await machine.answer([MENU, 'Enter']);
    expect(await machine.shows(RELEASE)).toMatch(
      /❯ build 308 {3}transfer kit of \d{4}-\d\d-\d\d {3}\/media\/usb\/kit\.tar\n/,
    );
    await machine.answer(...toTheAgreement().slice(1));
    expect(await machine.shows(END)).toMatch(/E_KIT_UNTRUSTED/);

    await machine.put(part('house.key'), `${PLACES.user}/house.key`);
    await machine.type("airgap key trust house.key --reason 'compared' > /dev/null", 'Enter');
    await machine.clear();
    await machine.type('airgap', 'Enter');
    await machine.answer(...toTheAgreement(), [AGREE, 'y', 'Enter']);
    const screen = await machine.shows(END);
    expect(screen).toMatch(/Release +signed by your own house, in its transfer kit \(ed25519\)/);
    expect(screen).toMatch(/Sandstorm is up\.[^]*exit 0/);
  });

  it('goes on without a signature only when told so', async (test) => {
    const { expect } = test;
    const files = { 'media/usb/sandstorm-308.tar.xz': part('sandstorm-308.tar.xz'), ...stick('install.sh') };
    const machine = await start(test, { files, env: {} });
    const unproven = /\? Go on without proof of who made it\? \(y\/N\)/;
    await machine.type('airgap', 'Enter');
    await machine.answer(...toTheAgreement(), [unproven, 'Enter']);
    await expect(settled(await machine.shows(END))).toMatchFileSnapshot('screens/unsigned.txt');
    expect(await machine.lying()).toEqual([]);

    await machine.clear();
    await machine.type('airgap', 'Enter');
    await machine.answer(...toTheAgreement(), [unproven, 'y', 'Enter'], [AGREE, 'n', 'Enter']);
    expect(await machine.shows(END)).toMatch(/Release +not signed, as allowed/);
    expect(await machine.lying()).toEqual([]);
  });

  it('starts for another HOME, and ends calmly', async (test) => {
    const { expect } = test;
    const machine = await start(test);
    await machine.type('airgap --home /srv/other', 'Enter');
    await machine.answer([/not installed in \/srv\/other\.[^]*❯/, 'Down', 'Down', 'Down', 'Down', 'Enter']);
    expect(await machine.shows(END)).toMatch(/\? Quit\nexit 0\n\$$/);
  });
});

describe.skipIf(!ready)('stopping', { timeout: 120_000, concurrent: true }, () => {
  const WRONG = 'http://sandstorm.elsewhere.lan:6080';
  const QUESTIONS: readonly (readonly [string, RegExp, readonly Answer[]])[] = [
    ['what to do', MENU, []],
    ['which release', RELEASE, toTheAgreement().slice(0, 1)],
    [
      'another file',
      /\? Path of a tarball/,
      [
        [MENU, 'Enter'],
        [RELEASE, 'Up', 'Up', 'Down', 'Down', 'Enter'],
      ],
    ],
    ['the address', BASE, toTheAgreement().slice(0, 2)],
    ['the wildcard', WILDCARD, toTheAgreement().slice(0, 3)],
    ['names that are wrong', /\? How shall we go on/, toTheAgreement(WRONG)],
    [
      'checks that failed',
      /\? How shall we go on\?\s+❯ Check/,
      [...toTheAgreement('http://sandstorm.corp.lan:53')],
    ],
    ['the agreement', AGREE, toTheAgreement()],
  ];

  const half = QUESTIONS.length / 2;
  it.for([
    ['one of the first', QUESTIONS.slice(0, half)],
    ['one of the last', QUESTIONS.slice(half)],
  ] as const)('with Ctrl-C at any question, %s, leaves nothing behind', async ([, questions], test) => {
    const { expect } = test;
    const machine = await start(test);
    for (const [name, question, way] of questions) {
      await machine.type('airgap', 'Enter');
      await machine.answer(...way, [question, 'C-c']);
      const screen = await machine.shows(END);
      expect(screen, name).toMatch(/\n\nStopped\. Nothing was changed\. {6}E_CANCELLED\nexit 1\n\$$/);
      expect(await machine.lying(), name).toEqual([]);
      await machine.type('stty -a | grep -o "[-]*icanon\\|[-]*echo\\b"', 'Enter');
      expect(await machine.shows(/icanon\s+-?echo\s+\$/), name).toMatch(/\nicanon\necho\n/);
      await machine.clear();
    }
  });

  it('with Ctrl-D, a signal or a lost connection leaves nothing behind either', async (test) => {
    const { expect } = test;
    const machine = await start(test);
    await machine.type('airgap', 'Enter');
    await machine.answer(...toTheAgreement(), [AGREE, 'C-d']);
    expect(await machine.shows(END)).toMatch(/Stopped\. Nothing was changed\. {6}E_CANCELLED\nexit 1\n\$$/);
    expect(await machine.lying()).toEqual([]);

    await machine.clear();
    await machine.type(
      '(until [[ -e /media/go ]]; do sleep .1; done; pkill -f [s]andstorm-airgap.js) &',
      'Enter',
    );
    await machine.type('airgap', 'Enter');
    await machine.answer(...toTheAgreement(), [AGREE]);
    await machine.put(part('install.sh'), '/media/go');
    expect(await machine.shows(END)).toMatch(/Stopped\. Nothing was changed\. {6}E_CANCELLED\n/);
    expect(await machine.lying()).toEqual([]);

    // The terminal goes away, as with a lost connection: nobody can be told anything any more.
    await machine.clear();
    await machine.type('(until [[ -e /media/gone ]]; do sleep .1; done; pkill -KILL -x script) &', 'Enter');
    await machine.type('script -qc airgap /dev/null', 'Enter');
    await machine.answer(...toTheAgreement(), [AGREE]);
    expect(await machine.lying()).not.toEqual([]);
    await machine.put(part('install.sh'), '/media/gone');
    await expect.poll(() => machine.lying(), { timeout: 5000 }).toEqual([]);
  });

  it('while install.sh runs takes away what it made, the running server too', async (test) => {
    const { expect } = test;
    const slow = await mkdtemp(join(parts, 'slow-'));
    await quietInstaller(slow, (text) => text.replace(/\nwait_for_port\n/, '\nsleep 30\n'));
    const files = { ...stick('sandstorm-308.tar.xz'), 'media/usb/install.sh': join(slow, 'install.sh') };
    const machine = await start(test, { files });
    await machine.type('airgap', 'Enter');
    await machine.answer(...toTheAgreement(), [AGREE, 'y', 'Enter']);
    await expect
      .poll(() => machine.lying(), { timeout: 10_000 })
      .toContain('sandstorm/var/pid/sandstorm.pid');
    await machine.type('C-c');
    await expect(settled(await machine.shows(END))).toMatchFileSnapshot('screens/install-stopped.txt');
    expect(await machine.lying()).not.toContain('sandstorm');
    await machine.type('pgrep -fc "[s]andstorm/sandstorm|install[.]sh"', 'Enter');
    await machine.shows(/^0$/m);
  });

  it('in the pause of an update brings the old build back', async (test) => {
    const { expect } = test;
    // The build that runs moves the link, and takes its time.
    const machine = await start(test, { files: stick('sandstorm-307.tar.xz', 'install.sh') });
    await machine.type('airgap', 'Enter');
    await machine.answer(...toTheAgreement(), [AGREE, 'y', 'Enter']);
    await machine.shows(/exit 0/);
    for (const name of ['sandstorm-308.tar.xz', 'sandstorm-308.tar.xz.update-sig'])
      await machine.put(part(name), `${PLACES.stick}/${name}`);
    await machine.clear();
    await machine.type('airgap', 'Enter');
    await machine.answer(
      [MENU, 'Enter'],
      [RELEASE, 'Enter'],
      [AGREE, 'y', 'Enter'],
      [/sandstorm update moves the link/, 'C-c'],
    );
    await expect(settled(await machine.shows(END))).toMatchFileSnapshot('screens/update-stopped.txt');
    const home = await readdir(machine.at(PLACES.home));
    expect(home.filter((name) => /^downloading|^\.sandstorm-airgap|-308/.test(name))).toEqual([]);
  });
});
