import type { ConnectFailureKind } from '../../system/ldap/failures.js';
import type { LdapEntry, LdapOutcome, TlsSeen } from '../../system/ldap/types.js';
import type { RootDse, Settled } from './root-dse.js';
import type { LdapAddress } from './settings.js';

/** Everything that was seen of a directory, stage by stage: what comes after a failed one is left out. */
export interface LdapObservation {
  readonly at: Date;
  readonly settled: Settled;
  readonly hasBindPassword: boolean;
  /** A sentence where the URL is none. */
  readonly address: LdapAddress | string;
  readonly connection?:
    | { readonly kind: 'open'; readonly tls: TlsSeen | undefined }
    | { readonly kind: ConnectFailureKind; readonly why: string };
  readonly rootDse?: RootDse;
  readonly bind?: LdapOutcome;
  readonly everybody?: Survey;
  readonly people: readonly SeenLogin[];
}

/** All entries with the username attribute, as far as they may be read. */
export interface Survey extends LdapOutcome {
  readonly entries: number;
  /** There are more, or the server shows no more at a time. */
  readonly partial: boolean;
  /** Names that more than one entry has, with the DNs. */
  readonly repeated: readonly { readonly login: string; readonly dns: readonly string[] }[];
  readonly withoutMail: number;
  readonly withoutName: number;
  /** Some who lack a mail address. */
  readonly lacking: readonly string[];
  readonly referrals: readonly string[];
  /** When nobody has the attribute: attributes that entries have instead. */
  readonly instead: readonly string[];
}

/** One login, searched for as Sandstorm does. */
export interface SeenLogin {
  readonly login: string;
  /** It was asked for by name; else it is one of those found. */
  readonly asked: boolean;
  readonly search: LdapOutcome;
  readonly entry?: LdapEntry;
  readonly referrals: readonly string[];
  /** More than one matched: what they are, and what would leave one of them. */
  readonly rivals?: Rivals;
  /** The answer to a bind as that person without a password. */
  readonly emptyPassword?: LdapOutcome;
  /** The answer to their password. */
  readonly password?: LdapOutcome;
}

export interface Rivals {
  readonly dns: readonly string[];
  /** Proven: with it exactly one is left. */
  readonly filter?: string;
  readonly base?: string;
}

/** RFC 4511, appendix A: those that tell something here. */
export const CODE = {
  success: 0,
  operationsError: 1,
  sizeLimitExceeded: 4,
  strongerAuthRequired: 8,
  referral: 10,
  confidentialityRequired: 13,
  noSuchObject: 32,
  invalidDnSyntax: 34,
  inappropriateAuthentication: 48,
  invalidCredentials: 49,
  insufficientAccessRights: 50,
  unwillingToPerform: 53,
} as const;
