import type { KitManifest } from '../kit/manifest.js';
import type { Receipt } from '../kit/receipts.js';
import type { KitRequest } from '../kit/request.js';
import type { JournalEntry } from '../journal/record.js';
import type { InstallPlan } from '../operations/install-plan.js';
import type { SnapshotRecord } from '../snapshot/record.js';
import type { UpdatePlan } from '../update/plan.js';
import type { RollbackPlan } from '../update/rollback-plan.js';
import type { ServerPlan } from '../update/step.js';
import type { Answer } from './answer.js';
import type { ProgressEvent } from './events.js';
import type { CommandResults } from './results.js';

/** Everything that other programs may read, by the name under which `schema` prints what it looks like. */
export type Documents = {
  [Command in keyof CommandResults]: Answer<CommandResults[Command]>;
} & OtherDocuments;

/** What is no command's answer. */
interface OtherDocuments {
  /** One line of --events. */
  'file event': ProgressEvent;
  /** kit.json of a transfer kit. */
  'file kit': KitManifest;
  /** What `kit request` writes. */
  'file kit-request': KitRequest;
  /** What a server keeps of a transfer kit that it has taken in. */
  'file kit-receipt': Receipt;
  /** One line of a run's journal.ndjson. */
  'file journal': JournalEntry<Plan>;
  /** snapshot.json beside a snapshot. */
  'file snapshot': SnapshotRecord;
  /** What is going to be done: printed by --dry-run, kept in the journal. */
  plan: Plan;
}

type Plan = InstallPlan | UpdatePlan | RollbackPlan | ServerPlan;
