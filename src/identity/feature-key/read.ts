import { MalformedMessage } from '../../capnp/malformed.js';
import { Message, type StructReader } from '../../capnp/message.js';
import { unpackMessage } from '../../capnp/packed.js';
import { Refusal } from '../../errors.js';
import { Ed25519Verifier } from '../../release/signature/ed25519.js';

/** What a key says (struct FeatureKey, src/sandstorm/feature-key.capnp of builds before 202). */
export interface FeatureKey {
  /** By the key of the company that sold them. Without it all the rest is what anybody could have written. */
  readonly genuine: boolean;
  readonly secret: Buffer;
  readonly customer: {
    readonly id: string;
    readonly organization: string;
    readonly contact: string;
    readonly email: string;
  };
  readonly issued: Date | undefined;
  /** "never", or undefined where the number is no date. */
  readonly expires: Date | 'never' | undefined;
  readonly userLimit: number | 'unlimited';
  readonly elasticBilling: boolean;
  readonly trial: boolean;
  readonly free: boolean;
  readonly forTesting: boolean;
  readonly features: { readonly ldap: boolean; readonly saml: boolean; readonly orgManagement: boolean };
}

/** Real ones have some 500 bytes. */
export const MOST_KEY_BYTES = 64 * 1024;
const MOST_UNPACKED_BYTES = 256 * 1024;
const SIGNATURE_BYTES = 64;

/** feature-key.capnp, signingKey: four UInt64, each little-endian. */
const SOLD_BY = Uint8Array.from(
  [0x86ada8b5d9f65036n, 0x183909ba08aac323n, 0x6d778da453c9560dn, 0xdf94f532f33a7ea8n].flatMap((word) =>
    Array.from({ length: 8 }, (_, byte) => Number((word >> BigInt(8 * byte)) & 0xffn)),
  ),
);

/**
 * Reads a key as Sandstorm did: lines that begin with "-" are left out, the rest is base64 of signature and packed
 * message (crypto_sign of libsodium). Pure.
 * @param what the file, for the message
 * @param signingKey 32 bytes
 * @throws Refusal E_FEATURE_KEY
 */
export function readFeatureKey(text: string, what: string, signingKey: Uint8Array = SOLD_BY): FeatureKey {
  const bytes = fromArmour(text, what);
  const [signature, signed] = [bytes.subarray(0, SIGNATURE_BYTES), bytes.subarray(SIGNATURE_BYTES)];
  const verifier = new Ed25519Verifier(signingKey, signature);
  verifier.update(signed);
  const genuine = verifier.verify();
  try {
    const limits = { segments: 4, depth: 8, traversalWords: 64 * 1024 };
    return { genuine, ...fields(Message.read(unpackMessage(signed, MOST_UNPACKED_BYTES), limits).root()) };
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw notAKey(what, error.message);
  }
}

function fromArmour(text: string, what: string): Buffer {
  const lines = text.split('\n').filter((line) => !line.startsWith('-'));
  const base64 = lines.join('').replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw notAKey(what, 'there is no base64 between its lines');
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length <= SIGNATURE_BYTES) throw notAKey(what, 'it is shorter than its signature');
  return bytes;
}

const NEVER = 0xffff_ffff_ffff_ffffn;
const UNLIMITED = 0xffff_ffff;

function fields(root: StructReader): Omit<FeatureKey, 'genuine'> {
  const customer = root.struct(1);
  const [expires, userLimit] = [root.uint64(8), root.uint32(16)];
  return {
    secret: root.bytes(0) ?? Buffer.alloc(0),
    customer: {
      id: String(customer.uint64(0)),
      organization: customer.text(0) ?? '',
      contact: customer.text(1) ?? '',
      email: customer.text(2) ?? '',
    },
    issued: moment(root.uint64(0)),
    expires: expires === NEVER ? 'never' : moment(expires),
    userLimit: userLimit === UNLIMITED ? 'unlimited' : userLimit,
    elasticBilling: root.bool(160),
    trial: root.bool(161),
    // These are true unless said otherwise, and Cap'n Proto stores the difference to the default.
    features: { ldap: !root.bool(162), saml: !root.bool(163), orgManagement: !root.bool(164) },
    forTesting: root.bool(165),
    free: root.bool(166),
  };
}

/** @param seconds since 1970; undefined for zero, and for what no calendar has */
function moment(seconds: bigint): Date | undefined {
  return seconds === 0n || seconds > 253_402_300_799n ? undefined : new Date(Number(seconds) * 1000);
}

function notAKey(what: string, why: string): Refusal {
  return new Refusal('E_FEATURE_KEY', `${what} is no feature key: ${why}`, {
    hint: 'it is a text with BEGIN SANDSTORM FEATURE KEY and base64; copy it again. Builds since 202 need none',
  });
}
