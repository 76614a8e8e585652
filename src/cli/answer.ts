import type { LintFinding } from '../config/lint.js';
import type { RefusalData } from '../errors.js';
import type { Finding as KitFinding } from '../kit/finding.js';
import type { LockOwner } from '../journal/lock.js';
import type { MeasuredLeftover } from '../operations/clean.js';
import type { SelfCheck } from '../operations/self-check.js';
import type { Generation } from '../app-index/generations.js';
import type { ReportedCheck } from '../preflight/check.js';
import type { Findings } from '../release/signature/finding.js';
import type { HealthReading } from '../server/health.js';
import type { InstalledServer } from '../server/home-state.js';
import type { UpdatePlan } from '../update/plan.js';
import type { RollbackPlan } from '../update/rollback-plan.js';
import type { ServerPlan } from '../update/step.js';

/**
 * @internal so that no definition of its own is made of it
 *
 * The one object that a command prints on stdout under --json. `result` is that command's own.
 */
export type Answer<R> =
  | { readonly ok: true; readonly changed: boolean; readonly result: R; readonly error: null }
  | {
      readonly ok: false;
      /** Something was changed before it failed. */
      readonly changed: boolean;
      readonly result: R | RefusalFacts | null;
      readonly error: RefusalData;
    };

/** What is known of a refusal beyond its words: which of these it is follows from `error.code`. */
export type RefusalFacts =
  /** E_PREFLIGHT_FAILED */
  | { readonly ready: false; readonly checks: readonly ReportedCheck[] }
  /** E_BUSY */
  | { readonly owner: LockOwner }
  /** E_PENDING: the run's folder, and the step at which it was cut off */
  | { readonly run: string; readonly step: string | null }
  /** E_PENDING, of clean */
  | { readonly leftovers: readonly MeasuredLeftover[] }
  /** E_ALREADY_INSTALLED */
  | { readonly installed: InstalledServer }
  /** E_INSTALLED_DIFFERENTLY */
  | { readonly differences: readonly DifferentSetting[] }
  /** E_INSTALL_UNHEALTHY, E_SERVER_UNHEALTHY */
  | { readonly reading: HealthReading }
  /** E_INSTALL_UNHEALTHY, where the server did not come up */
  | { readonly home: string; readonly started?: ServiceFacts }
  /** E_UPDATE_UNDONE, E_ROLLBACK_UNDONE, E_SNAPSHOT_UNDONE */
  | { readonly plan: UpdatePlan | RollbackPlan | ServerPlan; readonly run: string; readonly undone: true }
  /** E_UPDATE_FAILED, E_ROLLBACK_FAILED, E_SNAPSHOT_FAILED: where the former build and data lie */
  | {
      readonly plan: UpdatePlan | RollbackPlan | ServerPlan;
      readonly run: string;
      readonly kept: { readonly build: string; readonly data: string | null };
    }
  /** E_SERVICE_START, E_SERVICE_STOP */
  | ServiceFacts
  /** E_CONF_WOULD_KILL */
  | { readonly findings: readonly LintFinding[] }
  /** E_TARBALL_UNSIGNED, E_SIGNATURE_WRONG, E_SIGNATURE_UNTRUSTED_KEY, E_SIGNATURE_FORMAT */
  | { readonly tarball: string; readonly sha256: string; readonly signatures: Findings }
  /** E_TARBALL_CONTENTS */
  | { readonly entry: string; readonly why: string }
  /** E_NO_TARBALL_FOUND */
  | { readonly searched: readonly string[]; readonly broken: readonly BrokenTarball[] }
  /** E_SPK_REVOKED */
  | { readonly signedBy: string; readonly packageId: string }
  /** E_INDEX_UNKNOWN */
  | { readonly apps: readonly string[] }
  /** E_INDEX_UNKNOWN */
  | { readonly generations: readonly Generation[] }
  /** E_INDEX_BROKEN: package ids */
  | { readonly unreadable: readonly string[] }
  /** E_MIRROR_OLDER: version numbers that are offered, and that were seen before */
  | { readonly older: readonly OlderApp[] }
  /** E_KIT_UNTRUSTED: the public key that has signed it, as `key trust` takes it */
  | { readonly key: string }
  /** E_KIT_DAMAGED */
  | { readonly findings: readonly KitFinding[] }
  /** E_KIT_DOWNLOAD */
  | { readonly failed: readonly { readonly url: string; readonly why: string }[] }
  /** E_ANSIBLE_CHANGED: the collection's folder, and the files in it that are not as they were written */
  | { readonly path: string; readonly changed: readonly string[] }
  /** E_SELF_DAMAGED: parts of the tool */
  | (NonNullable<SelfCheck['build']> & { readonly damaged: readonly string[] });

interface OlderApp {
  readonly appId: string;
  readonly name: string;
  readonly offers: number;
  readonly seen?: number;
}

interface DifferentSetting {
  readonly key: string;
  /** Left out where it is not set. */
  readonly is?: string;
  readonly wanted: string;
}

interface ServiceFacts {
  readonly command: string;
  /** Its last lines. */
  readonly said: readonly string[];
  /** The last lines of sandstorm.log since then. */
  readonly logged: readonly string[];
}

interface BrokenTarball {
  readonly path: string;
  readonly problem?: string;
}
