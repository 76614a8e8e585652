/**
 * The OID of the algorithm a certificate is signed with; X509Certificate of Node 20 does not tell. `raw` is the DER of
 * a certificate that OpenSSL has read: Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID,
 * ... }, ... } (RFC 5280, 4.1). undefined when it is of another form all the same.
 */
export function signatureOid(raw: Uint8Array): string | undefined {
  const certificate = element(raw, 0);
  const signed = certificate && element(raw, certificate.start);
  const algorithm = signed && element(raw, signed.end);
  const oid = algorithm?.tag === 0x30 ? element(raw, algorithm.start) : undefined;
  return oid?.tag === 0x06 ? oidText(raw.subarray(oid.start, oid.end)) : undefined;
}

const WEAK: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.2': 'MD2',
  '1.2.840.113549.1.1.4': 'MD5',
  '1.2.840.113549.1.1.5': 'SHA-1',
  '1.2.840.10040.4.3': 'SHA-1',
  '1.2.840.10045.4.1': 'SHA-1',
};

/** The digest's name when no browser takes it any more. */
export function weakDigest(raw: Uint8Array): string | undefined {
  const oid = signatureOid(raw);
  return oid === undefined ? undefined : WEAK[oid];
}

interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

function element(bytes: Uint8Array, at: number): Element | undefined {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined) return undefined;
  const more = first < 0x80 ? 0 : first & 0x7f;
  // Four bytes of length are more than any certificate has; zero would be the indefinite form, which DER has not.
  if (first >= 0x80 && (more === 0 || more > 4)) return undefined;
  const start = at + 2 + more;
  const length =
    more === 0 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  return start + length > bytes.length ? undefined : { tag, start, end: start + length };
}

function oidText(bytes: Uint8Array): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of bytes) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(value);
      value = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - 40 * top, ...rest].join('.');
}
