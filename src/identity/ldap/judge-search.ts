import type { LdapOutcome } from '../../system/ldap/types.js';
import { list, count } from '../../words.js';
import { failed, passed, shown, warned, type LdapFinding } from './finding.js';
import { baseFix, baseProposal, noBase, NOBODY } from './judge-forms.js';
import { CODE, type LdapObservation, type Survey } from './observation.js';
import { proposedBases } from './root-dse.js';
import { looksLikeDn } from './settings.js';

/** Logging in as the one who searches. Pure. */
export function judgeBind({ bind, settled: { settings }, hasBindPassword }: LdapObservation): LdapFinding[] {
  const { ldapSearchBindDn } = settings;
  if (ldapSearchBindDn === '' || !looksLikeDn(ldapSearchBindDn)) return [];
  if (!hasBindPassword) {
    return [
      failed('bind-password', `there is no password for ${shown(ldapSearchBindDn)}`, {
        why: 'Servers take a DN without a password for nobody in particular, or refuse it.',
        fix: ['Bind user password: give it here with --ldap-bind-password-file FILE, and enter it there'],
      }),
    ];
  }
  if (bind === undefined) return [];
  if (bind.code === CODE.success) return [passed('bind', `logged in as ${shown(ldapSearchBindDn)}`)];
  if (needsTls(bind)) return [tlsNeeded(bind)];
  if (typeof bind.code === 'string') return [broken(bind)];
  return [
    failed('bind', `${shown(ldapSearchBindDn)} may not log in: ${bindWords(bind)}`, {
      why: `${NOBODY} Sandstorm logs in with it before it searches.`,
      fix: [
        'Bind user DN and Bind user password: compare both with what the directory has',
        ...(bind.code === CODE.invalidCredentials ? ['a DN must be whole, with all of its OUs'] : []),
      ],
    }),
  ];
}

/** Active Directory says why in a number of its own, "data 52e". */
const AD_REASONS: Readonly<Record<string, string>> = {
  '525': 'there is no such account',
  '52e': 'the password is wrong',
  '530': 'not at this time of day',
  '531': 'not from this machine',
  '532': 'the password has expired',
  '533': 'the account is disabled',
  '568': 'too many groups',
  '701': 'the account has expired',
  '773': 'the password must be changed first',
  '775': 'the account is locked',
};

export function bindWords({ code, message }: LdapOutcome): string {
  const reason = AD_REASONS[/\bdata ([0-9a-f]{3})\b/i.exec(message)?.[1]?.toLowerCase() ?? ''];
  if (reason !== undefined) return reason;
  const said = shown(message);
  if (code === CODE.invalidCredentials) return 'DN or password is wrong';
  return said === '' ? `code ${String(code)}` : `${said} (code ${String(code)})`;
}

/** The search below the base DN, for everybody. Pure. */
export function judgeEverybody(seen: LdapObservation): LdapFinding[] {
  const { everybody, settled } = seen;
  if (everybody === undefined) return [];
  const { settings } = settled;
  const base = shown(settings.ldapBase);
  const others = otherBases(seen);
  const anonymous = seen.bind === undefined;
  if (needsTls(everybody)) return [tlsNeeded(everybody)];
  switch (everybody.code) {
    case CODE.noSuchObject:
      // To strangers OpenLDAP denies what it hides.
      return [
        failed('base', `there is no ${base}${anonymous ? ', or not for who has not logged in' : ''}`, {
          why: `${NOBODY} Sandstorm says NoSuchObjectError.`,
          fix: [
            ...(anonymous ? ['Bind user DN: who may search there'] : []),
            ...(anonymous && others.length === 0 ? [] : [baseFix(others)]),
          ],
          ...baseProposal(others),
        }),
      ];
    case CODE.invalidDnSyntax:
      return [noBase(settings.ldapBase, others)];
    case CODE.referral:
      return [
        failed('referral', `for ${base} the server sends one on to another${to(everybody.message)}`, {
          why: `${NOBODY} Sandstorm does not follow; it says ReferralError.`,
          fix: [baseFix(others), 'or LDAP server URL: the server it names'],
        }),
      ];
    case CODE.operationsError:
    case CODE.inappropriateAuthentication:
    case CODE.insufficientAccessRights:
    case CODE.strongerAuthRequired:
    case CODE.unwillingToPerform:
      return [notAllowed(everybody, anonymous)];
    case 'closed':
    case 'timeout':
      return [broken(everybody)];
    default:
      if (
        everybody.entries === 0 &&
        everybody.code !== CODE.success &&
        everybody.code !== CODE.sizeLimitExceeded
      ) {
        return [
          failed('search', `the search fails: ${shown(everybody.message)} (code ${String(everybody.code)})`, {
            why: NOBODY,
          }),
        ];
      }
      return everybody.entries === 0
        ? [nobodyThere(seen, everybody, anonymous)]
        : inNumbers(everybody, settings.ldapSearchUsername);
  }
}

function to(message: string): string {
  const url = /ldaps?:\/\/[^\s,]+/.exec(message)?.[0];
  return url === undefined ? '' : ` (${shown(url)})`;
}

function notAllowed(outcome: LdapOutcome, anonymous: boolean): LdapFinding {
  return failed(
    anonymous ? 'anonymous' : 'search-rights',
    `the search is refused: ${shown(outcome.message) || `code ${String(outcome.code)}`}`,
    {
      why: `${NOBODY} Sandstorm searches for each login name before it tries the password.`,
      fix: [
        anonymous
          ? 'Bind user DN and Bind user password: an account that may search (here --ldap-bind-dn, --ldap-bind-password-file)'
          : 'let that account read below the base DN',
      ],
    },
  );
}

/** Not the one that was just tried. */
function otherBases({ rootDse, settled: { settings } }: LdapObservation): readonly string[] {
  return proposedBases(rootDse).filter((dn) => dn.toLowerCase() !== settings.ldapBase.toLowerCase());
}

function nobodyThere(seen: LdapObservation, { instead }: Survey, anonymous: boolean): LdapFinding {
  const { ldapSearchUsername, ldapFilter, ldapBase } = seen.settled.settings;
  const others = instead.filter((name) => name.toLowerCase() !== ldapSearchUsername.toLowerCase());
  return failed(
    'nobody',
    `nobody below ${shown(ldapBase)} has ${ldapSearchUsername}${ldapFilter === '' ? '' : ` and fits ${shown(ldapFilter)}`}`,
    {
      why: `${NOBODY} Sandstorm says: User not found in LDAP.`,
      fix: [
        ...(others.length > 0
          ? [`LDAP username attribute: ${others.slice(0, 3).join(' or ')}; people there have that`]
          : []),
        ...(ldapFilter === ''
          ? []
          : ['Additional LDAP filter criteria: leave it empty, and see who is found then']),
        ...(anonymous ? ['Bind user DN: servers hide people from who has not logged in'] : []),
        ...(otherBases(seen).length === 0 ? [] : [baseFix(otherBases(seen))]),
      ],
      ...(others[0] === undefined ? {} : { propose: { setting: 'ldapSearchUsername', value: others[0] } }),
    },
  );
}

function inNumbers(everybody: Survey, attribute: string): LdapFinding[] {
  const { entries, partial, repeated, withoutMail, lacking, referrals } = everybody;
  const some = partial ? `at least ${String(entries)}` : String(entries);
  const people = partial || entries !== 1 ? `${some} entries have` : '1 entry has';
  return [
    passed('search', `${people} ${attribute}`),
    ...(repeated.length === 0
      ? []
      : [
          warned(
            'duplicates',
            `${count(repeated.length, 'login name')} belong to more than one entry: ${repeated
              .slice(0, 5)
              .map(({ login }) => shown(login))
              .join(', ')}`,
            {
              why: 'These people cannot log in: Sandstorm says SizeLimitExceededError.',
              fix: [
                'look at one of them, with a filter proposed: --ldap-user ' +
                  shown(repeated[0]?.login ?? 'NAME'),
              ],
            },
          ),
        ]),
    ...(withoutMail === 0
      ? []
      : [
          warned(
            'without-mail',
            `${count(withoutMail, 'entry').replace('entrys', 'entries')} without a mail address, such as ${list(lacking.map(shown))}`,
            {
              why: 'They get an account without an address, which can neither share nor be found.',
              fix: ['give them one in the directory, or leave them out by a filter: (mail=*)'],
            },
          ),
        ]),
    ...(referrals.length === 0
      ? []
      : [
          warned('references', `some of it lies on other servers: ${referrals.map(shown).join(', ')}`, {
            why: 'Sandstorm does not ask there: who is only there cannot log in.',
            fix: ['Active Directory: the global catalogue knows all domains, ldaps://HOST:3269'],
          }),
        ]),
  ];
}

function needsTls({ code, message }: LdapOutcome): boolean {
  return (
    code === CODE.confidentialityRequired ||
    (code === CODE.strongerAuthRequired && !/successful bind/i.test(message))
  );
}

function tlsNeeded({ message }: LdapOutcome): LdapFinding {
  return failed(
    'needs-tls',
    `the server answers no unprotected connection: ${shown(message) || 'confidentiality required'}`,
    {
      why: `${NOBODY} Sandstorm knows no StartTLS.`,
      fix: ['LDAP server URL: ldaps://, with the port for TLS (636)'],
    },
  );
}

/** Also for a directory that is none. */
export function broken({ code, message }: LdapOutcome): LdapFinding {
  return failed('answer', code === 'timeout' ? 'it does not answer in time' : shown(message), {
    why: NOBODY,
    fix: [
      'is that an LDAP server, and the port right? with ldap:// on the port for TLS (636) it hangs up: ldaps://',
    ],
  });
}
