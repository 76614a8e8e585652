import type { CommandResults } from './cli/results.js';
import type { Generation } from './app-index/generations.js';
import type { LintFinding } from './config/lint.js';
import type { LockOwner } from './journal/lock.js';
import type { Finding as KitFinding } from './kit/finding.js';
import type { MeasuredLeftover } from './operations/clean.js';
import type { SelfCheck } from './operations/self-check.js';
import type { ReportedCheck } from './preflight/check.js';
import type { Findings } from './release/signature/finding.js';
import type { HealthReading } from './server/health.js';
import type { InstalledServer } from './server/home-state.js';
import type { RollbackPlan } from './update/rollback-plan.js';
import type { UpdatePlan } from './update/plan.js';
import type { ServerPlan } from './update/step.js';

/**
 * What is known of a refusal beyond its words, by its code: `result` under --json. A refusal of another code has none,
 * and one that is made with other facts than its code has here does not compile.
 */
export interface FactsByCode {
  readonly E_PREFLIGHT_FAILED: ChecksFailed;
  readonly E_BUSY: Busy;
  readonly E_PENDING: Pending | PendingLeftovers;
  readonly E_ALREADY_INSTALLED: AlreadyInstalled;
  readonly E_INSTALLED_DIFFERENTLY: InstalledDifferently;
  readonly E_INSTALL_UNHEALTHY: Unwell | NotUp;
  readonly E_SERVER_UNHEALTHY: Unwell;
  readonly E_UPDATE_UNDONE: Undone;
  readonly E_ROLLBACK_UNDONE: Undone;
  readonly E_SNAPSHOT_UNDONE: Undone;
  readonly E_UPDATE_FAILED: Stuck;
  readonly E_ROLLBACK_FAILED: Stuck;
  readonly E_SNAPSHOT_FAILED: Stuck;
  readonly E_SERVICE_START: ServiceFacts;
  readonly E_SERVICE_STOP: ServiceFacts;
  readonly E_CONF_WOULD_KILL: DeadlySettings;
  readonly E_TARBALL_UNSIGNED: NotProven;
  readonly E_SIGNATURE_WRONG: NotProven;
  readonly E_SIGNATURE_UNTRUSTED_KEY: NotProven;
  readonly E_SIGNATURE_FORMAT: NotProven;
  readonly E_TARBALL_CONTENTS: WrongEntry;
  readonly E_NO_TARBALL_FOUND: NothingFound;
  readonly E_SPK_REVOKED: RevokedPackage;
  readonly E_INDEX_UNKNOWN: KnownApps | KnownGenerations;
  readonly E_INDEX_BROKEN: UnreadablePackages;
  readonly E_MIRROR_OLDER: OlderApps;
  readonly E_KIT_UNTRUSTED: SigningKey;
  readonly E_KIT_DAMAGED: KitDamage;
  readonly E_KIT_DOWNLOAD: NotDownloaded;
  readonly E_ANSIBLE_CHANGED: ChangedFiles;
  readonly E_SELF_DAMAGED: DamagedParts;
}

/** Codes of commands that answer alike whether all is well or not: `result` is the command's own. */
export interface ReportsByCode {
  readonly E_CHECKLIST: CommandResults['checklist'];
  readonly E_CONF_LINT: CommandResults['config lint'];
  readonly E_FEATURE_KEY: CommandResults['feature-key inspect'];
  readonly E_INDEX_BROKEN: CommandResults['index verify'];
  readonly E_INDEX_UNREACHABLE: CommandResults['index verify'];
  readonly E_LDAP_UNFIT: CommandResults['identity ldap'];
  readonly E_MIRROR_CORRUPT: CommandResults['index mirror'];
  readonly E_MIRROR_INCOMPLETE: CommandResults['index mirror'];
  readonly E_REHEARSAL: CommandResults['rehearse'];
  readonly E_SAML_NOT_READY: CommandResults['identity saml'];
  readonly E_SAML_RESPONSE: CommandResults['identity saml'];
  readonly E_TLS_NOT_READY: CommandResults['tls check'];
}

/** E_PREFLIGHT_FAILED */
export interface ChecksFailed {
  readonly ready: false;
  readonly checks: readonly ReportedCheck[];
}

/** E_BUSY */
export interface Busy {
  readonly owner: LockOwner;
}

/** E_PENDING: the run's folder, and the step at which it was cut off */
export interface Pending {
  readonly run: string;
  readonly step: string | null;
}

/** E_PENDING, of clean */
export interface PendingLeftovers {
  readonly leftovers: readonly MeasuredLeftover[];
}

/** E_ALREADY_INSTALLED */
export interface AlreadyInstalled {
  readonly installed: InstalledServer;
}

/** E_INSTALLED_DIFFERENTLY */
export interface InstalledDifferently {
  readonly differences: readonly DifferentSetting[];
}

interface DifferentSetting {
  readonly key: string;
  /** Left out where it is not set. */
  readonly is?: string | undefined;
  readonly wanted: string;
}

/** E_INSTALL_UNHEALTHY, E_SERVER_UNHEALTHY */
export interface Unwell {
  readonly reading: HealthReading;
}

/** E_INSTALL_UNHEALTHY, where the server did not come up */
export interface NotUp {
  readonly home: string;
  readonly started?: ServiceFacts;
}

/** E_UPDATE_UNDONE, E_ROLLBACK_UNDONE, E_SNAPSHOT_UNDONE */
export interface Undone {
  readonly plan: UpdatePlan | RollbackPlan | ServerPlan;
  readonly run: string;
  readonly undone: true;
}

/** E_UPDATE_FAILED, E_ROLLBACK_FAILED, E_SNAPSHOT_FAILED: where the former build and data lie */
export interface Stuck {
  readonly plan: UpdatePlan | RollbackPlan | ServerPlan;
  readonly run: string;
  readonly kept: { readonly build: string; readonly data: string | null };
}

/** E_SERVICE_START, E_SERVICE_STOP */
export interface ServiceFacts {
  readonly command: string;
  /** Its last lines. */
  readonly said: readonly string[];
  /** The last lines of sandstorm.log since then. */
  readonly logged: readonly string[];
}

/** E_CONF_WOULD_KILL */
export interface DeadlySettings {
  readonly findings: readonly LintFinding[];
}

/** E_TARBALL_UNSIGNED, E_SIGNATURE_WRONG, E_SIGNATURE_UNTRUSTED_KEY, E_SIGNATURE_FORMAT */
export interface NotProven {
  readonly tarball: string;
  readonly sha256: string;
  readonly signatures: Findings;
}

/** E_TARBALL_CONTENTS */
export interface WrongEntry {
  readonly entry: string;
  readonly why: string;
}

/** E_NO_TARBALL_FOUND */
export interface NothingFound {
  readonly searched: readonly string[];
  readonly broken: readonly BrokenTarball[];
}

interface BrokenTarball {
  readonly path: string;
  readonly problem?: string | undefined;
}

/** E_SPK_REVOKED */
export interface RevokedPackage {
  readonly signedBy: string;
  readonly packageId: string;
}

/** E_INDEX_UNKNOWN */
export interface KnownApps {
  readonly apps: readonly string[];
}

/** E_INDEX_UNKNOWN */
export interface KnownGenerations {
  readonly generations: readonly Generation[];
}

/** E_INDEX_BROKEN: package ids */
export interface UnreadablePackages {
  readonly unreadable: readonly string[];
}

/** E_MIRROR_OLDER: version numbers that are offered, and that were seen before */
export interface OlderApps {
  readonly older: readonly OlderApp[];
}

interface OlderApp {
  readonly appId: string;
  readonly name: string;
  readonly offers: number;
  readonly seen?: number | undefined;
}

/** E_KIT_UNTRUSTED: the public key that has signed it, as `key trust` takes it */
export interface SigningKey {
  readonly key: string;
}

/** E_KIT_DAMAGED */
export interface KitDamage {
  readonly findings: readonly KitFinding[];
}

/** E_KIT_DOWNLOAD */
export interface NotDownloaded {
  readonly failed: readonly { readonly url: string; readonly why: string }[];
}

/** E_ANSIBLE_CHANGED: the collection's folder, and the files in it that are not as they were written */
export interface ChangedFiles {
  readonly path: string;
  readonly changed: readonly string[];
}

/** E_SELF_DAMAGED: parts of the tool */
export type DamagedParts = NonNullable<SelfCheck['build']> & { readonly damaged: readonly string[] };
