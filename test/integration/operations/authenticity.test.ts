import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastRun } from '../../../src/journal/journal.js';
import type { ProofWish } from '../../../src/operations/authenticity.js';
import { listTrust } from '../../../src/operations/trust.js';
import { makeSigningKey } from '../../../src/rehearsal/signing-key.js';
import { showKey, type KeyName } from '../../../src/release/signature/keys.js';
import {
  canHaveServers,
  refusalOf,
  throwAwayServer,
  type ThrowAwayServer,
} from '../../helpers/throw-away-server.js';
import { makeRelease } from '../../stand-ins/release.js';

const ready = canHaveServers('proof of authenticity in a throw-away world');

/** Made with the genuine tools: sandstorm-9.tar.xz with both signatures, by keys of the test's own. */
const FIXTURES = fileURLToPath(new URL('../../fixtures/release-signature/', import.meta.url));
const PGP: KeyName = { kind: 'openpgp', fingerprint: 'C191913FB4F72C71EA7E96486D7D1512FAB0E76E' };

const NONE: ProofWish = { allowUnsigned: false, keyFile: undefined, trustKey: undefined };
const UNSIGNED: ProofWish = { ...NONE, allowUnsigned: true };
const trusting = (key: KeyName, more: Partial<ProofWish> = {}): ProofWish => ({
  ...NONE,
  ...more,
  trustKey: { ...key, reason: 'read out over the phone' },
});

describe.skipIf(!ready)('before an installation', { timeout: 60_000 }, () => {
  let one: ThrowAwayServer;
  let tarball = '';
  let usb = '';
  beforeEach(async () => {
    one = await throwAwayServer();
    tarball = await one.world.makeRelease(308);
    usb = join(one.world.root, 'usb-stick');
  });
  afterEach(() => one.end());

  const updateSig = (): string => `${tarball}.update-sig`;
  const paths = async (): Promise<string[]> =>
    (await one.tree()).split('\n').map((line) => line.split(' ')[0] ?? '');
  const added = async (): Promise<unknown[]> => (await listTrust(one.host)).added.slice(1);

  it.each([true, false])(
    'a tarball without a signature is refused before any check (dry run: %s)',
    async (dryRun) => {
      await rm(updateSig());
      const before = await paths();
      const refusal = await refusalOf(one.install(tarball, { dryRun }), 'E_TARBALL_UNSIGNED');
      expect(refusal).toMatchObject({ exitCode: 5, changed: false });
      expect(refusal.hint).toContain('--allow-unsigned');
      expect(refusal.result).toMatchObject({ signatures: [{ state: 'absent' }, { state: 'absent' }] });
      expect(one.said.filter((line) => line.startsWith('os.'))).toEqual([]);
      expect(await paths()).toEqual(before);
    },
  );

  it('it is taken when that is allowed, and the plan and the journal say so', async () => {
    await rm(updateSig());
    const { plan, healthy } = await one.install(tarball, { proof: UNSIGNED });
    expect(healthy).toBe(true);
    expect(plan?.proof).toEqual({
      sha256: plan?.sha256,
      signedBy: [],
      unsignedAllowed: true,
      newTrust: null,
    });
    expect((await lastRun(one.world.home, one.host))?.plan).toEqual(plan);
    expect(one.said.filter((line) => line.includes('not signed, as allowed'))).toHaveLength(2);
    // What is installed already is not asked for proof again.
    expect(await one.install(tarball)).toMatchObject({ changed: false, healthy: true });
  });

  it('a signed one is said to be, and allowing less leaves no trace', async () => {
    const { plan } = await one.install(tarball, { dryRun: true, proof: UNSIGNED });
    expect(plan?.proof).toEqual({
      sha256: plan?.sha256,
      signedBy: [{ ...one.world.signingKey.name, origin: 'store' }],
      unsignedAllowed: false,
      newTrust: null,
    });
    expect(one.said.filter((line) => line.includes('signed by a key you trust (ed25519)'))).toHaveLength(2);
  });

  it('of one packed as gzip the original is what was signed', async () => {
    const gzip = await makeRelease({
      build: 308,
      dir: usb,
      compression: 'gzip',
      behaviour: { start_delay_ms: 50 },
      sign: one.world.signingKey,
    });
    const { plan } = await one.install(gzip);
    expect(plan?.proof.signedBy).toHaveLength(1);
    expect(plan?.proof.sha256).not.toBe(plan?.sha256);
  });

  const flip = async (path: string, at: number): Promise<void> => {
    const bytes = await readFile(path);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(path, bytes);
  };

  it.each<[string, string, () => Promise<unknown>]>([
    ['a wrong signature', 'E_SIGNATURE_WRONG', () => flip(updateSig(), 40)],
    [
      'a signature by somebody else',
      'E_SIGNATURE_WRONG',
      async () => writeFile(updateSig(), makeSigningKey().sign(await readFile(tarball))),
    ],
    [
      'a signature of another build',
      'E_SIGNATURE_WRONG',
      async () => copyFile(`${await one.world.makeRelease(309)}.update-sig`, updateSig()),
    ],
    ['what is no signature', 'E_SIGNATURE_FORMAT', () => writeFile(updateSig(), '<html>404</html>')],
    [
      'an OpenPGP signature by a key that is not at hand',
      'E_SIGNATURE_UNTRUSTED_KEY',
      async () => {
        await rm(updateSig());
        await copyFile(join(FIXTURES, 'sandstorm-9.tar.xz.sig'), `${tarball}.sig`);
      },
    ],
  ])('%s is refused, whatever is allowed', async (_, code, prepare) => {
    await prepare();
    const before = await paths();
    for (const dryRun of [true, false]) {
      const refusal = await refusalOf(
        one.install(tarball, { dryRun, proof: UNSIGNED }),
        code as 'E_SIGNATURE_WRONG',
      );
      expect(refusal).toMatchObject({ exitCode: 5, changed: false });
    }
    expect(await paths()).toEqual(before);
  });

  it('an OpenPGP signature counts by the key in install.sh, or in a file, once that is trusted', async () => {
    const nine = join(usb, 'sandstorm-9.tar.xz');
    for (const end of ['', '.sig']) await copyFile(join(FIXTURES, `sandstorm-9.tar.xz${end}`), nine + end);
    const keyFile = join(FIXTURES, 'release-key.asc');
    const armored = await readFile(keyFile, 'utf8');
    const installScript = await one.scriptThat(`: << '__EOF__'\n${armored}__EOF__`, 'umask 0022');

    await refusalOf(one.install(nine, { dryRun: true, proof: trusting(PGP) }), 'E_SIGNATURE_UNTRUSTED_KEY');
    await refusalOf(one.install(nine, { dryRun: true, installScript }), 'E_SIGNATURE_UNTRUSTED_KEY');
    const ways = [
      { installScript, proof: trusting(PGP) },
      { proof: trusting(PGP, { keyFile }) },
      { proof: trusting(PGP, { keyFile: installScript }) },
    ];
    for (const way of ways) {
      const { plan } = await one.install(nine, { dryRun: true, ...way });
      expect(plan?.proof.signedBy).toEqual([{ ...PGP, origin: 'store' }]);
    }
    expect(one.said.join('\n')).toContain('signed by a key you trust (OpenPGP)');
  });

  it('a key given with the command counts at once, and is remembered once the plan is agreed to', async () => {
    const key = makeSigningKey();
    await writeFile(updateSig(), key.sign(await readFile(tarball)));
    const proof = trusting(key.name);
    await refusalOf(one.install(tarball), 'E_SIGNATURE_WRONG');

    const planned = await one.install(tarball, { dryRun: true, proof });
    expect(planned.plan?.proof).toMatchObject({
      signedBy: [{ ...key.name, origin: 'store' }],
      newTrust: { ...key.name, reason: 'read out over the phone' },
    });
    expect(one.said.join('\n')).toContain(`Trusts     ${showKey(key.name)} (ed25519) from now on: read out`);
    expect(await added()).toEqual([]);

    await one.install(tarball, { proof });
    expect(await added()).toMatchObject([
      { ...key.name, reason: 'read out over the phone', by: one.host.user.name },
    ]);
    // From then on it needs no flag, and giving it once more adds nothing.
    expect((await one.update(tarball, { reinstall: true, dryRun: true })).plan?.proof.newTrust).toBeNull();
    expect(
      (await one.update(tarball, { reinstall: true, dryRun: true, proof })).plan?.proof.newTrust,
    ).toBeNull();
  });

  it('a key that could not be remembered does not count either', async () => {
    // Small order: with it anything can be signed.
    const nobody: KeyName = { kind: 'ed25519', fingerprint: `01${'00'.repeat(31)}` };
    await refusalOf(one.install(tarball, { proof: trusting(nobody) }), 'E_BAD_VALUE');
    const reasonless = { ...NONE, trustKey: { ...makeSigningKey().name, reason: ' ' } };
    await refusalOf(one.install(tarball, { proof: reasonless }), 'E_BAD_VALUE');
    expect(await added()).toEqual([]);
  });

  it('that fails has changed something all the same when a key was remembered for it', async () => {
    const key = makeSigningKey();
    await writeFile(updateSig(), key.sign(await readFile(tarball)));
    const installScript = await one.scriptThat('exit 4', 'unpack');
    const refusal = await refusalOf(
      one.install(tarball, { installScript, proof: trusting(key.name) }),
      'E_INSTALL_UNDONE',
    );
    expect(refusal).toMatchObject({ exitCode: 6, changed: true });
    expect(await added()).toHaveLength(1);
  });
});

describe.skipIf(!ready)('before an update', { timeout: 60_000 }, () => {
  let one: ThrowAwayServer;
  let tarball = '';
  beforeEach(async () => {
    one = await throwAwayServer();
    await one.install(await one.world.makeRelease(308));
    tarball = await one.world.makeRelease(309);
  });
  afterEach(() => one.end());

  const build = (): Promise<string> => readFile(join(one.world.home, 'latest/buildstamp'), 'utf8');

  it('the server keeps running while a tarball without proof is refused', async () => {
    const pid = await one.pid();
    await rm(`${tarball}.update-sig`);
    await refusalOf(one.update(tarball), 'E_TARBALL_UNSIGNED');
    await writeFile(`${tarball}.update-sig`, makeSigningKey().sign(await readFile(tarball)));
    await refusalOf(one.update(tarball, { proof: UNSIGNED }), 'E_SIGNATURE_WRONG');
    expect(await one.pid()).toBe(pid);
    expect(await build()).toBe('rehearsal 308\n');
  });

  it('what is proven is what is installed, also when the stick is changed meanwhile', async () => {
    const { signingKey } = one.world;
    const other = await makeRelease({
      build: 310,
      dir: one.world.root,
      entries: { buildstamp: 'evil\n' },
      sign: signingKey,
    });
    const done = await one.update(tarball, {}, one.host, async () => {
      await copyFile(other, tarball);
      await rm(`${tarball}.update-sig`);
      return true;
    });
    expect(done).toMatchObject({ to: 309, healthy: true });
    expect(done.plan?.proof).toMatchObject({ signedBy: [signingKey.name] });
    expect(await build()).toBe('rehearsal 309\n');
  });

  it('a key is not remembered when the person says no', async () => {
    const key = makeSigningKey();
    await writeFile(`${tarball}.update-sig`, key.sign(await readFile(tarball)));
    const no = (): Promise<boolean> => Promise.resolve(false);
    await refusalOf(one.update(tarball, { proof: trusting(key.name) }, one.host, no), 'E_CANCELLED');
    expect((await listTrust(one.host)).added).toHaveLength(1);
    await refusalOf(one.update(tarball), 'E_SIGNATURE_WRONG');
  });

  it('the plan says that an older build was allowed, and only then', async () => {
    const older = await one.world.makeRelease(307);
    const down = await one.update(older, { dryRun: true, allowDowngrade: true });
    expect(down.plan).toMatchObject({ downgradeAllowed: true, from: 'sandstorm-308', to: 'sandstorm-307' });
    expect(one.said.join('\n')).toContain('From sandstorm-308 down to the older sandstorm-307');
    const up = await one.update(tarball, { dryRun: true, allowDowngrade: true });
    expect(up.plan).toMatchObject({ downgradeAllowed: false });
  });
});
