import type { LintFinding } from '../config/lint.js';
import type { LdapFinding } from '../identity/ldap/finding.js';
import type { Misfit } from '../server/same-site.js';
import type { HomeState } from '../server/home-state.js';
import type { DnsAnswer, PortHolder } from '../system/host.js';
import type { Source } from './dns/observe.js';
import type { Wanted } from './dns/place.js';
import type { PortUse } from './port-plan.js';
import type { FilesystemNeed } from './worst-moment.js';

/** What checks say of themselves to programs: each has its own. */
export type CheckFacts =
  | KernelRelease
  | MachineKind
  | MissingPrograms
  | UserNamespaces
  | ProcessorFacts
  | Person
  | Account
  | ClockFacts
  | readonly FilesystemNeed[]
  | HomeState
  | OtherServers
  | ConfFindings
  | readonly PortHolder[]
  | readonly SharedPort[]
  | NameFacts
  | WildcardFacts
  | SiteFacts
  | LoginFindings;

/** os.kernel */
export interface KernelRelease {
  readonly release: string;
}

/** os.linux-x86_64 */
export interface MachineKind {
  readonly system: string;
  readonly machine: string;
}

/** os.tools */
export interface MissingPrograms {
  readonly missing: readonly string[];
}

/** os.userns: the kernel's settings by name, as far as they can be read */
export type UserNamespaces = Readonly<Record<string, string | undefined>>;

/** cpu.avx: `needed` is left out where no tarball is at hand */
export interface ProcessorFacts {
  readonly avx: boolean;
  readonly needed?: boolean | undefined;
}

/** user.root: who does this */
export interface Person {
  readonly uid: number;
  readonly name: string;
}

/** user.server: without `uid` it will be made */
export interface Account {
  readonly name: string;
  readonly uid?: number;
}

/** clock: `synchronised` is left out where nobody says */
export interface ClockFacts {
  readonly now: string;
  readonly synchronised?: boolean | undefined;
}

/** service.other: unit files and init scripts */
export interface OtherServers {
  readonly others: readonly string[];
}

/** conf.lint */
export interface ConfFindings {
  readonly findings: readonly LintFinding[];
}

/** port.distinct */
export interface SharedPort {
  readonly port: number;
  readonly uses: readonly PortUse[];
}

/** dns.base: `foreign` are addresses elsewhere that the name leads to */
export interface NameFacts {
  readonly name: string;
  readonly wanted: Wanted;
  readonly foreign: readonly string[];
  readonly answers: readonly GivenAnswer[];
}

/** dns.wildcard */
export interface WildcardFacts {
  readonly pattern: string;
  readonly wanted: Wanted;
  readonly foreign: readonly string[];
  readonly answers: readonly GivenAnswer[];
}

/** What one DNS server, or this machine, said about a name. */
export interface GivenAnswer {
  readonly from: string;
  readonly origin: Source['origin'];
  readonly name: string;
  readonly ipv4: DnsAnswer;
  readonly ipv6: DnsAnswer;
}

/** dns.same-domain */
export interface SiteFacts {
  readonly base: string;
  readonly wildcard: string;
  readonly misfits: readonly Misfit[];
}

/** identity.ldap */
export interface LoginFindings {
  readonly findings: readonly LdapFinding[];
}
