import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import { settled, type Finding, type Findings, type RunningCheck } from './finding.js';
import type { TrustedKey } from './keys.js';
import { MAX_UPDATE_SIG_BYTES } from './update-sig.js';

/** Where OpenPGP keys may be taken from; only a .sig makes anybody look there. */
export interface KeySources {
  /** Path of an install.sh: it carries the release key. */
  readonly installScript?: string | undefined;
  /** Path of a key file, armored or not. */
  readonly keyFile?: string | undefined;
}

/** Both signatures of a tarball, waiting for its bytes. One of finish or abandon must be called. */
export interface SignatureWatch {
  /** For `tap` of readRelease and stageRelease. */
  tap(chunk: Uint8Array): Promise<void>;
  /** After the last byte. */
  finish(): Promise<Findings>;
  /** The reading failed. */
  abandon(): Promise<void>;
}

/** A signature by a key of 16384 bits has 2 KB, armored 3. */
const MAX_SIG_BYTES = 64 * 1024;
/** Keys gather other people's signatures. */
const MAX_KEY_FILE_BYTES = 256 * 1024;
const MAX_SCRIPT_BYTES = 1024 * 1024;

/** Where the signatures of a tarball lie, as they are published: ed25519, OpenPGP. */
export function signaturePaths(tarball: string): readonly [string, string] {
  return [`${tarball}.update-sig`, `${tarball}.sig`];
}

/**
 * Reads the signatures beside a tarball, before the tarball itself.
 * @param tarball the original's path: that is where its signatures lie, and whose bytes they are about
 * @throws Refusal E_SIGNATURE_FORMAT and E_INSTALL_SCRIPT for a key that cannot be used, E_IO
 */
export async function watchSignatures(
  tarball: string,
  trusted: readonly TrustedKey[],
  host: Host,
  sources: KeySources = {},
): Promise<SignatureWatch> {
  const [updateSig, openPgpSig] = signaturePaths(tarball);
  const checks = [
    await updateSigCheck(updateSig, trusted, host),
    await openPgpCheck(openPgpSig, trusted, host, sources),
  ] as const;
  return {
    async tap(chunk) {
      for (const check of checks) await check.update(chunk);
    },
    finish: async () => [await checks[0].finish(), await checks[1].finish()],
    async abandon() {
      for (const check of checks) await check.abandon();
    },
  };
}

async function updateSigCheck(
  file: string,
  trusted: readonly TrustedKey[],
  host: Host,
): Promise<RunningCheck> {
  const found = await beside('ed25519', file, MAX_UPDATE_SIG_BYTES, host);
  if (!(found instanceof Uint8Array)) return settled(found);
  const { checkUpdateSig } = await import('./update-sig-check.js');
  return checkUpdateSig(found, file, trusted);
}

async function openPgpCheck(
  file: string,
  trusted: readonly TrustedKey[],
  host: Host,
  sources: KeySources,
): Promise<RunningCheck> {
  const found = await beside('openpgp', file, MAX_SIG_BYTES, host);
  if (!(found instanceof Uint8Array)) return settled(found);
  const [{ checkOpenPgp }, keys] = await Promise.all([import('./openpgp.js'), import('./openpgp-keys.js')]);
  const { installScript, keyFile } = sources;
  const atHand = [
    ...(installScript === undefined
      ? []
      : await keys.keysInText(await scriptText(installScript, host), installScript)),
    ...(keyFile === undefined ? [] : await keys.keysInFile(await keyBytes(keyFile, host), keyFile)),
  ];
  const from = [installScript, keyFile].filter((path) => path !== undefined).join(' and ');
  return checkOpenPgp(found, file, { atHand: await keys.mergeKeys(atHand, from), trusted }, host.clock.now());
}

/** A signature file's bytes, or what there is to say without them. */
async function beside(
  kind: Finding['kind'],
  file: string,
  limit: number,
  host: Host,
): Promise<Uint8Array | Finding> {
  // lstat: a link that leads nowhere is something wrong beside the tarball, not the absence of a signature.
  if ((await host.files.lstat(file)) === undefined) return { kind, file, state: 'absent' };
  const stat = await host.files.stat(file);
  const malformed = (why: string): Finding => ({ kind, file, state: 'malformed', why });
  if (stat?.kind !== 'file') return malformed('it is no regular file');
  if (stat.size > limit) return malformed('it is far too large');
  return (await host.files.readBytes(file, limit)) ?? { kind, file, state: 'absent' };
}

async function scriptText(path: string, host: Host): Promise<string> {
  const text = await host.files.readText(path, MAX_SCRIPT_BYTES);
  if (text !== undefined) return text;
  throw new Refusal('E_INSTALL_SCRIPT', `there is no file ${path}`, {
    hint: 'give the path of install.sh with --install-script',
  });
}

async function keyBytes(path: string, host: Host): Promise<Uint8Array> {
  const bytes = await host.files.readBytes(path, MAX_KEY_FILE_BYTES);
  if (bytes !== undefined) return bytes;
  throw new Refusal('E_SIGNATURE_FORMAT', `there is no key file ${path}`, {
    hint: 'give the path of an OpenPGP public key with --key',
  });
}
