import type { SeenCertificate, TlsSeen } from '../../system/ldap/types.js';
import { failed, passed, shown, warned, type LdapFinding } from './finding.js';
import type { LdapObservation } from './observation.js';
import type { LdapAddress } from './settings.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Certificates of a house are renewed by hand, and whoever does it has a month's notice. */
const SOON_DAYS = 30;

/** URL, connection, TLS. Pure. */
export function judgeConnection({ address, connection, settled, at }: LdapObservation): LdapFinding[] {
  if (typeof address === 'string') {
    return [
      failed('url', `"${shown(settled.settings.ldapUrl)}": ${address}`, {
        why: 'Sandstorm would not find the server.',
        fix: ['LDAP server URL: ldaps://HOST:636, in small letters and with nothing behind the port'],
      }),
    ];
  }
  if (connection === undefined) return [];
  if (connection.kind !== 'open') return [notConnected(address, connection.kind, connection.why)];
  const where = `${address.host}, port ${String(address.port)}`;
  if (connection.tls === undefined) return [plainly(address)];
  const { ldapCaCert } = settled.settings;
  if (ldapCaCert !== '' && !ldapCaCert.includes('-----BEGIN CERTIFICATE-----')) {
    return [noCertificate('there is no certificate in what was given for the CA')];
  }
  const problems = judgeTls(connection.tls, address, ldapCaCert !== '', at);
  const [leaf] = connection.tls.chain;
  const until = leaf === undefined ? '' : `, certificate good until ${day(leaf.validTo)}`;
  return problems.some(({ status }) => status === 'fail')
    ? problems
    : [passed('connect', `${where} answers with ${connection.tls.protocol}${until}`), ...problems];
}

function notConnected(address: LdapAddress, kind: string, why: string): LdapFinding {
  const people = 'Nobody could log in: Sandstorm waits for an answer, then says the login failed.';
  switch (kind) {
    case 'unresolved':
      return failed('host', `${why}: no DNS server of this machine knows the name`, {
        why: people,
        fix: [`look at the spelling; or have a DNS record for ${address.host}`],
      });
    case 'not-tls':
      return failed('tls', shown(why), {
        why: `${people} Sandstorm knows TLS from the first byte only (ldaps://), no StartTLS.`,
        fix: [
          `LDAP server URL: ldaps://${address.host}:636, the port for TLS`,
          'if the server has none: switch ldaps on there (OpenLDAP: slapd -h "ldap:/// ldaps:///")',
        ],
      });
    case 'bad-ca':
      return noCertificate(shown(why));
    default:
      return failed('connect', shown(why), {
        why: people,
        fix: [
          `on the directory: is it running, and does it listen on port ${String(address.port)}?`,
          `between: is the port open from this machine?   nc -vz ${address.host} ${String(address.port)}`,
        ],
      });
  }
}

function noCertificate(seen: string): LdapFinding {
  return failed('ca', seen, {
    why: NOBODY,
    fix: ['LDAP CA certificate: PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----'],
  });
}

function plainly({ host, port }: LdapAddress): LdapFinding {
  return warned('plain', `${host}, port ${String(port)} answers, without TLS`, {
    why: "Everybody's password crosses the network readable for all who listen. Sandstorm knows no StartTLS.",
    fix: [`LDAP server URL: ldaps://${host}:636`],
  });
}

function judgeTls(tls: TlsSeen, address: LdapAddress, ownCa: boolean, at: Date): LdapFinding[] {
  const [leaf] = tls.chain;
  if (leaf === undefined) return [failed('tls', 'the server shows no certificate', { why: NOBODY })];
  const outdated = tls.chain.find(({ validFrom, validTo }) => validTo <= at || validFrom > at);
  return [
    ...(outdated === undefined ? [] : [notNow(outdated, outdated === leaf, at)]),
    ...(tls.chainProblem === undefined || outdated !== undefined ? [] : [untrusted(tls, ownCa)]),
    ...(tls.nameProblem === undefined ? [] : [wrongName(address, leaf)]),
    ...expiresSoon(tls.chain, at),
  ];
}

const NOBODY =
  'Nobody could log in: Sandstorm breaks the connection off and says only that the login failed.';

function notNow(certificate: SeenCertificate, isLeaf: boolean, at: Date): LdapFinding {
  const whose = isLeaf ? 'the certificate of the server' : `the CA certificate ${shown(certificate.subject)}`;
  if (certificate.validFrom > at) {
    return failed(
      'tls-not-yet',
      `${whose} is good from ${day(certificate.validFrom)} on; here it is ${day(at)}`,
      {
        why: NOBODY,
        fix: ['look at the clocks of this machine and of the one that made the certificate'],
      },
    );
  }
  return failed('tls-expired', `${whose} expired on ${day(certificate.validTo)}`, {
    why: NOBODY,
    fix: [
      isLeaf
        ? `renew it on the directory; it was issued by ${shown(certificate.issuer)}`
        : 'have the CA renewed, and enter its new certificate in LDAP CA certificate',
    ],
  });
}

function untrusted(tls: TlsSeen, ownCa: boolean): LdapFinding {
  const last = tls.chain.at(-1);
  const issuer = shown(last?.issuer ?? '');
  const itself = last !== undefined && last.subject === last.issuer && tls.chain.length === 1;
  return failed('tls-chain', `${chainWords(tls.chainProblem ?? '')}: it was issued by ${issuer}`, {
    why: ownCa
      ? `${NOBODY} With a certificate in LDAP CA certificate it trusts that one only.`
      : `${NOBODY} It trusts the public authorities built into it, not those of this machine.`,
    fix: [
      itself
        ? "LDAP CA certificate: the certificate of a CA that has signed the one of the server; a server's own does not do"
        : `LDAP CA certificate: the PEM file of ${issuer} (here: --ldap-ca FILE)`,
      'the server must send certificates between its own and the CA, if there are any',
    ],
  });
}

function chainWords(code: string): string {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'the certificate is signed by itself';
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'nothing Sandstorm trusts vouches for the certificate';
    case 'INVALID_CA':
      return 'what signed the certificate is no CA';
    default:
      return `the certificate is not trusted (${shown(code)})`;
  }
}

function wrongName({ host }: LdapAddress, leaf: SeenCertificate): LdapFinding {
  const names = [...leaf.names.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name = '']) => shown(name));
  const usable = names.filter((name) => !name.startsWith('*'));
  const listed =
    names.length === 0 ? `none at all, only ${shown(leaf.subject)}` : names.slice(0, 8).join(', ');
  return failed('tls-name', `the certificate is not for ${host}; its names: ${listed}`, {
    why: NOBODY,
    fix: [
      ...(usable[0] === undefined ? [] : [`LDAP server URL: the name in the certificate, ${usable[0]}`]),
      `or renew the certificate with subjectAltName DNS:${host}`,
    ],
  });
}

function expiresSoon(chain: readonly SeenCertificate[], at: Date): LdapFinding[] {
  const first = [...chain].sort((a, b) => a.validTo.getTime() - b.validTo.getTime())[0];
  if (first === undefined || first.validTo <= at) return [];
  const days = Math.floor((first.validTo.getTime() - at.getTime()) / DAY_MS);
  if (days >= SOON_DAYS) return [];
  return [
    warned(
      'tls-expires',
      `the certificate of ${shown(first.subject)} expires on ${day(first.validTo)}, in ${String(days)} days`,
      {
        why: 'From that day on nobody can log in, and nothing else tells why.',
        fix: [`renew it before; it was issued by ${shown(first.issuer)}`],
      },
    ),
  ];
}

/** 2026-11-22 */
export function day(at: Date): string {
  return Number.isNaN(at.getTime()) ? 'an unknown day' : at.toISOString().slice(0, 10);
}
