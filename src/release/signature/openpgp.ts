import { TransformStream, type ReadableStream } from 'node:stream/web';
import {
  createMessage,
  enums,
  PacketList,
  readSignature,
  Signature,
  verify,
  type PublicKey,
  type SignaturePacket,
} from 'openpgp';
import { settled, type Finding, type RunningCheck } from './finding.js';
import { sameKey, showKey, type KeyName, type TrustedKey } from './keys.js';

/** During a change of keys a release is signed with the old and the new one. */
const MAX_SIGNATURES = 8;

/** SHA-1, MD5 and the like are missing: two files with one such hash have been made on purpose. */
const STRONG_HASHES: ReadonlySet<number> = new Set([
  enums.hash.sha256,
  enums.hash.sha384,
  enums.hash.sha512,
  enums.hash.sha3_256,
  enums.hash.sha3_512,
]);

export interface OpenPgpKeys {
  /** Keys themselves, from install.sh or a key file, each once; see mergeKeys. */
  readonly atHand: readonly PublicKey[];
  readonly trusted: readonly TrustedKey[];
}

/**
 * Compares a detached OpenPGP signature, armored or not, with a tarball that goes by.
 *
 * - Of several signatures those by keys at hand count. All of them must be right, one of them by a
 *   trusted key; those by other keys say nothing, for anybody can add one.
 * - Only signatures over the bytes as they are: a text signature leaves line ends open.
 * - One made with SHA-1 proves nothing, but is no sign of tampering either: old GnuPG made them by default.
 * - The key must have been good when it signed. A later expiry does not matter, offline servers install
 *   old releases; a revocation does, at once if it says (or does not deny) that the key was stolen.
 * - A signature from the future is let through: the clock of an offline server is more likely wrong than
 *   the holder of the key.
 *
 * @param file for the finding
 * @param now by this server's clock
 */
export async function checkOpenPgp(
  bytes: Uint8Array,
  file: string,
  keys: OpenPgpKeys,
  now: Date,
): Promise<RunningCheck> {
  const about = { kind: 'openpgp', file } as const;
  let packets: SignaturePacket[];
  try {
    packets = await signaturePackets(bytes);
  } catch (error) {
    return settled({ ...about, state: 'malformed', why: sentence(error) });
  }

  const judged = packets.map((packet) => ({ packet, key: keyFor(packet, keys) }));
  const checkable = judged.filter(({ packet, key }) => key?.atHand === true && isStrong(packet));
  const [first] = judged;
  if (checkable.length === 0)
    return settled(uncheckable(about, judged.find(({ key }) => key?.atHand) ?? first));

  const list = new PacketList<SignaturePacket>();
  list.push(...checkable.map(({ packet }) => packet));
  const made = checkable.map(({ packet }) => packet.created?.getTime() ?? 0);
  const running = await start(new Signature(list), keys.atHand, new Date(Math.max(now.getTime(), ...made)));
  return {
    update: running.write,
    async finish() {
      const results = await running.end();
      const answers = await Promise.all(
        results.map((result) => result.verified.then(() => undefined, sentence)),
      );
      // One answer for each packet, or something was left out.
      const wrong =
        answers.length === checkable.length
          ? answers.find((answer) => answer !== undefined)
          : 'a part of it cannot be checked';
      if (wrong !== undefined) return { ...about, state: 'wrong', why: plain(wrong) };
      return rightOnes(about, checkable);
    },
    abandon: running.abort,
  };
}

interface About {
  readonly kind: 'openpgp';
  readonly file: string;
}

interface SignedBy {
  readonly name: KeyName;
  readonly atHand: boolean;
  readonly trusted: TrustedKey | undefined;
}

interface Judged {
  readonly packet: SignaturePacket;
  readonly key: SignedBy | undefined;
}

/** @throws Error with a clause when this is no list of signatures over a file */
async function signaturePackets(bytes: Uint8Array): Promise<SignaturePacket[]> {
  if (bytes.length === 0) throw new Error('it is empty');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const signature = await (
    text.trimStart().startsWith('-----BEGIN PGP SIGNATURE-----')
      ? readSignature({ armoredSignature: text })
      : readSignature({ binarySignature: bytes })
  ).catch((error: unknown) => {
    throw new Error(`it cannot be read: ${plain(sentence(error))}`);
  });
  const packets = signature.packets.filterByTag(enums.packet.signature);
  // Version 6 has a salt whose length is looked at too late; GnuPG makes version 4 and nothing else.
  const known = [...packets].filter(({ version }) => version === 4);
  if (known.length === 0) throw new Error('no signature of a known version is in it');
  if (known.length > MAX_SIGNATURES) throw new Error('it holds more signatures than there are keys');
  if (known.some(({ signatureType }) => signatureType !== enums.signature.binary)) {
    throw new Error('it is no signature over a file');
  }
  return known;
}

function isStrong({ hashAlgorithm }: SignaturePacket): boolean {
  return hashAlgorithm !== null && STRONG_HASHES.has(hashAlgorithm);
}

/** The key that a signature names; undefined when it only gives an id and no such key is at hand. */
function keyFor(packet: SignaturePacket, { atHand, trusted }: OpenPgpKeys): SignedBy | undefined {
  const key = atHand.find((one) => one.getKeys(packet.issuerKeyID).length > 0);
  const claimed = packet.issuerFingerprint;
  if (key === undefined && claimed === null) {
    const id = packet.issuerKeyID.toHex().toUpperCase();
    const match = trusted.find(({ kind, fingerprint }) => kind === 'openpgp' && fingerprint.endsWith(id));
    return match === undefined ? undefined : { name: match, atHand: false, trusted: match };
  }
  // Trust is in the key as a whole: a signing subkey counts through the primary key that vouches for it.
  const fingerprint = (key?.getFingerprint() ?? Buffer.from(claimed ?? []).toString('hex')).toUpperCase();
  const name: KeyName = { kind: 'openpgp', fingerprint };
  return { name, atHand: key !== undefined, trusted: trusted.find((one) => sameKey(one, name)) };
}

/** No signature is both by a key at hand and made with a hash that counts. */
function uncheckable(about: About, one: Judged | undefined): Finding {
  if (one === undefined) return { ...about, state: 'malformed', why: 'no signature is in it' };
  const { packet, key } = one;
  if (key?.atHand === true) {
    return { ...about, state: 'weak', why: `it was made with ${hashName(packet)}, which can be forged` };
  }
  const who = key === undefined ? `key id ${packet.issuerKeyID.toHex().toUpperCase()}` : showKey(key.name);
  return {
    ...about,
    state: 'unknown-key',
    ...(key === undefined ? {} : { fingerprint: key.name.fingerprint }),
    matches: false,
    trusted: key?.trusted !== undefined,
    why: `it names the key ${who}, which is not at hand`,
  };
}

function rightOnes(about: About, right: readonly Judged[]): Finding {
  for (const { packet, key } of right) {
    if (key?.trusted === undefined) continue;
    const madeAt = packet.created?.toISOString();
    return { ...about, state: 'valid', key: key.trusted, ...(madeAt === undefined ? {} : { madeAt }) };
  }
  const name = right[0]?.key?.name;
  return {
    ...about,
    state: 'unknown-key',
    ...(name === undefined ? {} : { fingerprint: name.fingerprint }),
    matches: true,
    trusted: false,
    why: `it is by the key ${name === undefined ? '?' : showKey(name)}, which is not trusted`,
  };
}

/** What the library answers at once for a stream; its own types want a package that is not needed to run. */
interface Verifying {
  readonly data: ReadableStream<Uint8Array>;
  /** In the order of the packets. `verified` settles when the stream has ended. */
  readonly signatures: readonly { readonly verified: Promise<true> }[];
}

/** The library at work on a stream. */
async function start(
  signature: Signature,
  keys: readonly PublicKey[],
  date: Date,
): Promise<{
  write(chunk: Uint8Array): Promise<void>;
  end(): Promise<Verifying['signatures']>;
  abort(): Promise<void>;
}> {
  const through = new TransformStream<Uint8Array, Uint8Array>();
  const message = await createMessage({ binary: through.readable });
  const result: unknown = await verify({
    message,
    signature,
    verificationKeys: [...keys],
    date,
    format: 'binary',
  });
  const { data, signatures } = result as Verifying;
  // What is not read is kept in memory, all of it.
  const drained = drain(data).catch(() => undefined);
  const writer = through.writable.getWriter();
  writer.closed.catch(() => undefined);
  return {
    async write(chunk) {
      await writer.ready;
      writer.write(chunk).catch(() => undefined);
    },
    async end() {
      await writer.close();
      await drained;
      return signatures;
    },
    async abort() {
      await writer.abort(new Error('not read to its end'));
      await drained;
    },
  };
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  while (!(await reader.read()).done);
}

function hashName({ hashAlgorithm }: SignaturePacket): string {
  const names: readonly (readonly [string, unknown])[] = Object.entries(enums.hash);
  return names.find(([, number]) => number === hashAlgorithm)?.[0].toUpperCase() ?? 'an unknown hash';
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The library's words, without what only its makers need. */
function plain(text: string): string {
  return text
    .replace(/^Error [a-z ]+: /, '')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 200);
}
