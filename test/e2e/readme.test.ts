import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSigningKey } from '../../src/rehearsal/signing-key.js';
import { typeKey } from '../../src/release/signature/keys.js';
import {
  requirePrivateMachine,
  startPrivateMachine,
  type PrivateMachine,
} from '../helpers/private-machine.js';
import { requireReal } from '../helpers/real-parts.js';
import { identityFiles } from '../helpers/identity-files.js';
import { packaged, PACKAGE_TIMEOUT, requirePackaging } from '../helpers/packaged.js';
import { readmeCommands } from '../helpers/readme-commands.js';
import { makeRelease, standInInstaller } from '../stand-ins/release.js';

/* Every command of the README, in its order, on a server that the commands before have made. */

const repository = fileURLToPath(new URL('../..', import.meta.url));
const WHAT = "the README's commands";
const ready = requirePrivateMachine(WHAT) && requirePackaging(WHAT);

const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm start': 'CI runs it',
  'npm test': 'this is it',
  'npm ci': 'needs the registry; CI runs it',
  'npm run build': 'npm test does it before all tests',
  'npm pack': 'done below, to have its file on the stick',
  'openssl genpkey -algorithm ed25519 -out release-key.pem': 'as test/helpers/packaged.ts does',
  'openssl pkey -in release-key.pem -pubout -out release-key.pub.pem': 'as test/helpers/packaged.ts does',
  'npm run package -- --key release-key.pem':
    'as test/helpers/packaged.ts does; what it makes is on the stick',
  'sandstorm-airgap': 'asks questions; the tests of the wizard answer them',
};

const all = readmeCommands(await readFile(join(repository, 'README.md'), 'utf8'));
const withAnsible = requireReal("the README's playbook", ['ansible-playbook']);
const commands = all.filter(
  ({ command }) => !(command in ELSEWHERE) && (withAnsible || !command.startsWith('ansible-playbook')),
);

let folder = '';
let machine: PrivateMachine;

beforeAll(async () => {
  if (!ready) return;
  folder = await mkdtemp(join(tmpdir(), 'readme-'));
  const usb = join(folder, 'usb');
  await mkdir(usb);
  await mkdir(join(folder, 'cwd'));
  await promisify(execFile)('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', usb], {
    cwd: repository,
  });
  const { folder: made, archive, publicKey } = await packaged();
  for (const name of [basename(archive), 'SHA256SUMS', 'SHA256SUMS.sig'])
    await cp(join(made, name), join(usb, name));
  await cp(publicKey, join(usb, 'release-key.pub.pem'));
  await cp(standInInstaller, join(usb, 'install.sh'));
  await identityFiles(usb, 'sandstorm.corp.lan');
  // Genuine packages of an app, in two versions.
  await cp(join(repository, 'test/fixtures/spk'), join(usb, 'apps'), { recursive: true });
  // As the app market names its downloads.
  await cp(join(repository, 'test/fixtures/spk/notes-v1.spk'), join(usb, 'e4a720632c8f9a76b6c1344ee2d7667a'));
  const sign = makeSigningKey();
  for (const build of [308, 309]) await makeRelease({ build, dir: usb, sign });
  machine = await startPrivateMachine(usb);
  // Sandstorm's own key signs no stand-ins; whoever runs this machine trusts another one.
  const tool = `node ${join(repository, 'bin/sandstorm-airgap.js')}`;
  const trusted = await machine.sh(`${tool} trust add ${typeKey(sign.name)} --reason 'signs the stand-ins'`, {
    cwd: folder,
  });
  expect(trusted).toMatchObject({ exitCode: 0 });
}, PACKAGE_TIMEOUT);
afterAll(async () => {
  if (!ready) return;
  await machine.stop();
  await rm(folder, { recursive: true, force: true });
});

it('finds the commands, and those left out are still there', () => {
  expect(commands.length).toBeGreaterThan(20);
  expect(all.map(({ command }) => command)).toEqual(expect.arrayContaining(Object.keys(ELSEWHERE)));
});

describe.skipIf(!ready)('in order', { timeout: 150_000 }, () => {
  it.each(commands)('line $line: $command', async ({ command, exit, prints }) => {
    // The half minute of watching that a real server deserves would be spent six times.
    const env = { SANDSTORM_AIRGAP_STABLE_FOR: '1' };
    const ran = await machine.sh(command, { cwd: join(folder, 'cwd'), env });
    expect({
      command,
      exitCode: ran.exitCode,
      said: ran.exitCode === exit ? '' : ran.stdout + ran.stderr,
    }).toEqual({
      command,
      exitCode: exit,
      said: '',
    });
    if (prints !== undefined) expect(ran.stdout).toContain(prints);
  });
});
