import type { Built } from '../operations/app-index/build.js';
import type { Mirrored } from '../operations/app-index/mirror.js';
import type { Preview } from '../operations/app-index/mirror-preview.js';
import type { RolledBack } from '../operations/app-index/rollback.js';
import type { ServingIndex } from '../operations/app-index/serve.js';
import type { Checklist } from '../operations/checklist.js';
import type { CleanResult } from '../operations/clean.js';
import type { ConfigChange } from '../operations/config.js';
import type { CreatedKit, KitPreview } from '../operations/kit/create.js';
import type { Exported } from '../operations/export-collection.js';
import type { LdapReport } from '../operations/identity-ldap.js';
import type { InstallResult } from '../operations/install.js';
import type { RehearsalResult } from '../operations/rehearse.js';
import type { TakenUp } from '../operations/resume.js';
import type { RollbackResult } from '../operations/rollback.js';
import type { SelfCheck } from '../operations/self-check.js';
import type { SetUp } from '../operations/schedule/set-up.js';
import type { ScheduleState } from '../operations/schedule/show.js';
import type { ServiceResult } from '../operations/service.js';
import type { ListedSnapshot, SnapshotResult } from '../operations/snapshots.js';
import type { StatusResult } from '../operations/status.js';
import type { TlsReport } from '../operations/tls-check.js';
import type { CsrReport } from '../operations/tls-csr.js';
import type { TrustedList } from '../operations/trust.js';
import type { UpdateResult } from '../operations/update.js';
import type { LintFinding } from '../config/lint.js';
import type { Phase, ReportedCheck } from '../preflight/check.js';
import type { ReleaseFacts } from '../release/read.js';
import type { Findings } from '../release/signature/finding.js';
import type { KeyName, TrustedKey } from '../release/signature/keys.js';
import type { PublicKey } from '../kit/house-key.js';
import type { KeyEntry } from '../kit/key-store.js';
import type { PrunedKit } from '../operations/kit/prune.js';
import type { KitRequest } from '../kit/request.js';
import type { Hold } from '../schedule/hold.js';
import type { Attempt } from '../schedule/record.js';
import type { Visit } from '../schedule/visit.js';
import type { Manifest as BundleManifest } from '../support/manifest.js';
import type { PackagesAdded } from './commands/app-index.run.js';
import type { IndexDecision, IndexListing } from './commands/app-index-decide.run.js';
import type { IndexVerified } from './commands/app-index-verify.run.js';
import type { Explained } from './commands/explain.run.js';
import type { InspectedKey } from './commands/feature-key.run.js';
import type { SamlResult } from './commands/identity-saml.run.js';
import type { KitReceived, KitVerified } from './commands/kit.run.js';
import type { RunbookPage } from './commands/runbook.run.js';
import type { RefusedFile, RenamedPackage, SeenPackage } from './commands/spk.run.js';

/**
 * What `result` is under --json, command by command. The bodies are checked against it, and the JSON Schemas are made
 * from it (`npm run schemas`): a new command gets its line here first.
 */
export interface CommandResults {
  preflight: { readonly ready: boolean; readonly phase: Phase; readonly checks: readonly ReportedCheck[] };
  install: InstallResult;
  update: UpdateResult;
  rollback: RollbackResult;
  resume: TakenUp;
  abort: TakenUp;
  status: StatusResult;
  clean: CleanResult;

  'schedule install': SetUp;
  'schedule show': ScheduleState;
  /** `was`: what was let go. */
  'schedule hold':
    { readonly hold: Pick<Hold, 'reason' | 'by'> } | { readonly hold: null; readonly was: Hold | null };
  'schedule retry': { readonly allowed: readonly Attempt[] };
  /** `troubles`: why somebody could not be told. */
  'schedule run': Visit & { readonly troubles: readonly string[] };
  /** Paths. */
  'schedule remove': { readonly removed: readonly string[] };

  'config get': { readonly key: string; readonly value: string };
  'config set': ConfigChange;
  'config unset': ConfigChange;
  /** Secrets are left out. */
  'config show': { readonly home: string; readonly settings: Readonly<Record<string, string>> };
  'config lint': { readonly home: string; readonly findings: readonly LintFinding[] };

  'service start': ServiceResult;
  'service stop': ServiceResult;
  'service restart': ServiceResult;
  'service status': ServiceResult;

  'snapshot list': { readonly snapshots: readonly ListedSnapshot[] };
  'snapshot create': SnapshotResult;
  'snapshot restore': RollbackResult;
  'snapshot prune': { readonly removed: readonly ListedSnapshot[] };

  'release verify': ReleaseFacts & {
    readonly tarball: string;
    /** A signature by a trusted key is right and none is wrong, or a kit of the house vouches for it. */
    readonly authentic: boolean;
    /** Those beside the tarball. */
    readonly signatures: Findings;
    /** The keys whose word counts. */
    readonly signedBy: readonly TrustedKey[];
  };
  'trust list': TrustedList;
  'trust add': { readonly key: KeyName; readonly reason: string };
  'trust remove': { readonly key: KeyName };

  'index init': WouldChange & {
    readonly dir: string;
    readonly title: string;
    readonly servers: readonly string[];
  };
  'index add': PackagesAdded;
  'index remove': WouldChange & {
    readonly dir: string;
    readonly id: string;
    readonly packages: readonly string[];
  };
  'index pin': IndexDecision;
  'index hide': IndexDecision;
  'index describe': IndexDecision;
  'index list': IndexListing;
  'index build': WouldChange & Built & { readonly dir: string };
  'index rollback': RolledBack & { readonly dir: string };
  'index verify': IndexVerified;
  /** A preview in a dry run. */
  'index mirror': Mirrored | Preview;
  'index serve': Omit<ServingIndex, 'untilStopped'>;
  'index config': { readonly server: string; readonly root: string; readonly config: string };

  /** `line`: the public half, for the servers; null when none was made, in a dry run. */
  'key create': { readonly file: string; readonly line: string | null };
  'key show': { readonly line: string };
  'key list': { readonly keys: readonly KeyEntry[] };
  'key trust': { readonly key: PublicKey; readonly reason: string };
  'key revoke': { readonly key: PublicKey; readonly reason: string };

  /** A preview in a dry run. `kit` is its id; null when the other side has all of it and none was made. */
  'kit create': (Omit<CreatedKit, 'id' | 'changed'> & { readonly kit: string | null }) | KitPreview;
  'kit verify': KitVerified;
  'kit receive': KitReceived;
  'kit prune': { readonly removed: readonly PrunedKit[] };
  'kit request': { readonly file: string; readonly request: KitRequest };

  'spk inspect': { readonly packages: readonly (SeenPackage | RefusedFile)[] };
  'spk verify': { readonly packages: readonly (SeenPackage | RefusedFile)[] };
  'spk rename': { readonly packages: readonly (RenamedPackage | RefusedFile)[] };

  'identity ldap': LdapReport;
  'identity saml': SamlResult;
  checklist: Checklist & { readonly output?: string };
  'tls check': TlsReport;
  'tls csr': CsrReport & { readonly keyFile: string; readonly csrFile: string };
  'feature-key inspect': InspectedKey;
  'runbook install': RunbookPage;
  'runbook update': RunbookPage;
  'runbook recover': RunbookPage;
  'runbook record': Pick<RunbookPage, 'output' | 'page'> & { readonly run: string };
  'runbook templates': {
    readonly dir: string;
    readonly written: readonly string[];
    /** There already. */
    readonly left: readonly string[];
  };
  /** null in a dry run: nothing is written. */
  'support-bundle':
    | { readonly file: string; readonly size: number; readonly manifest: BundleManifest }
    | { readonly file: null; readonly manifest: BundleManifest };
  explain: Explained | { readonly codes: readonly Pick<Explained, 'code' | 'kind' | 'title'>[] };
  schema:
    | { readonly names: readonly string[] }
    | { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
  'ansible export': Exported;
  'self-check': SelfCheck;
  completion: { readonly shell: 'bash' | 'zsh' | 'fish'; readonly script: string };
  manual: { readonly page: string };
  /** null: of the rehearsal's own inner run. */
  rehearse: RehearsalResult | null;
}

/** Says in a dry run, too, whether there is anything to do. */
interface WouldChange {
  readonly changed: boolean;
}

export type CommandName = keyof CommandResults;
