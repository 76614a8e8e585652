import { fail, pass, warn } from '../../preflight/check.js';
import type { TlsVersion } from '../../system/host.js';
import { finding, type Finding } from '../finding.js';

/** What a server has agreed to, strongest version first. */
export interface Offer {
  readonly version: TlsVersion;
  /** In the server's own order of preference. */
  readonly ciphers: readonly string[];
}

/**
 * What Sandstorm's gateway speaks: the defaults of kj's TlsContext (capnproto, kj/compat/tls.c++): TLS 1.2 and newer,
 * and of 1.2 these.
 */
export const GATEWAY = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
} as const;

export function judgeOffer(offers: readonly Offer[]): Finding {
  const all = offers.flatMap(({ ciphers }) => ciphers);
  const versions = offers.map(({ version }) => version);
  const said = offers.map(({ version, ciphers }) => `${version}: ${ciphers.join(', ')}`);
  const fix = ['mend it in the proxy that ends TLS: TLS 1.2 and 1.3, ECDHE with AES-GCM or ChaCha20'];
  if (!versions.includes('TLSv1.2') && !versions.includes('TLSv1.3')) {
    return finding('tls.ciphers', fail(['browsers speak TLS 1.2 and 1.3 only', ...said], { fix }));
  }
  const broken = all.filter((cipher) => /NULL|EXP|RC4|DES|MD5|ADH|AECDH|anon/i.test(cipher));
  if (broken.length > 0)
    return finding('tls.ciphers', fail([`broken ciphers: ${broken.join(', ')}`, ...said], { fix }));
  const old = versions.filter((version) => version === 'TLSv1' || version === 'TLSv1.1');
  if (old.length > 0)
    return finding('tls.ciphers', warn([`${old.join(' and ')} is out of date`, ...said], { fix }));
  const lasting = all.filter((cipher) => !/^(?:ECDHE|DHE|TLS_)/.test(cipher));
  if (lasting.length > 0) {
    const line = `without forward secrecy: ${lasting.join(', ')}`;
    return finding('tls.ciphers', warn([line, ...said], { fix }));
  }
  return finding('tls.ciphers', pass(said));
}
