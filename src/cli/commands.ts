import type { CommandSpec } from './command.js';
import {
  configGetCommand,
  configLintCommand,
  configSetCommand,
  configShowCommand,
  configUnsetCommand,
} from './commands/config.js';
import {
  indexAddCommand,
  indexBuildCommand,
  indexDescribeCommand,
  indexHideCommand,
  indexInitCommand,
  indexListCommand,
  indexPinCommand,
  indexRemoveCommand,
  indexRollbackCommand,
  indexVerifyCommand,
} from './commands/app-index.js';
import { ansibleExportCommand } from './commands/ansible.js';
import { cleanCommand } from './commands/clean.js';
import { completionCommand, manualCommand } from './commands/completion.js';
import { indexMirrorCommand } from './commands/index-mirror.js';
import { indexConfigCommand, indexServeCommand } from './commands/index-serve.js';
import { checklistCommand } from './commands/checklist.js';
import { explainCommand } from './commands/explain.js';
import { identityLdapCommand } from './commands/identity.js';
import { featureKeyInspectCommand } from './commands/feature-key.js';
import { identitySamlCommand } from './commands/identity-saml.js';
import { installCommand } from './commands/install.js';
import {
  keyCreateCommand,
  keyListCommand,
  keyRevokeCommand,
  keyShowCommand,
  keyTrustCommand,
} from './commands/key.js';
import {
  kitCreateCommand,
  kitPruneCommand,
  kitReceiveCommand,
  kitRequestCommand,
  kitVerifyCommand,
} from './commands/kit.js';
import { preflightCommand } from './commands/preflight.js';
import { rehearseCommand } from './commands/rehearse.js';
import { releaseVerifyCommand } from './commands/release.js';
import { selfCheckCommand } from './commands/self-check.js';
import {
  runbookInstallCommand,
  runbookRecordCommand,
  runbookRecoverCommand,
  runbookTemplatesCommand,
  runbookUpdateCommand,
} from './commands/runbook.js';
import { schemaCommand } from './commands/schema.js';
import {
  scheduleHoldCommand,
  scheduleInstallCommand,
  scheduleRemoveCommand,
  scheduleRetryCommand,
  scheduleRunCommand,
  scheduleShowCommand,
} from './commands/schedule.js';
import {
  serviceRestartCommand,
  serviceStartCommand,
  serviceStatusCommand,
  serviceStopCommand,
} from './commands/service.js';
import { spkInspectCommand, spkRenameCommand, spkVerifyCommand } from './commands/spk.js';
import { statusCommand } from './commands/status.js';
import { supportBundleCommand } from './commands/support-bundle.js';
import { tlsCheckCommand, tlsCsrCommand } from './commands/tls.js';
import { trustAddCommand, trustListCommand, trustRemoveCommand } from './commands/trust.js';
import { updateCommand } from './commands/update.js';
import {
  abortCommand,
  resumeCommand,
  rollbackCommand,
  snapshotCreateCommand,
  snapshotListCommand,
  snapshotPruneCommand,
  snapshotRestoreCommand,
} from './commands/way-back.js';

/** Everything the tool can do, in the order of the help text. */
export const COMMANDS: readonly CommandSpec[] = [
  preflightCommand,
  installCommand,
  updateCommand,
  rollbackCommand,
  resumeCommand,
  abortCommand,
  statusCommand,
  cleanCommand,
  supportBundleCommand,
  configGetCommand,
  configSetCommand,
  configUnsetCommand,
  configShowCommand,
  configLintCommand,
  serviceStartCommand,
  serviceStopCommand,
  serviceRestartCommand,
  serviceStatusCommand,
  snapshotListCommand,
  snapshotCreateCommand,
  snapshotRestoreCommand,
  snapshotPruneCommand,
  scheduleInstallCommand,
  scheduleShowCommand,
  scheduleHoldCommand,
  scheduleRetryCommand,
  scheduleRunCommand,
  scheduleRemoveCommand,
  releaseVerifyCommand,
  trustListCommand,
  trustAddCommand,
  trustRemoveCommand,
  kitCreateCommand,
  kitVerifyCommand,
  kitRequestCommand,
  kitReceiveCommand,
  kitPruneCommand,
  keyCreateCommand,
  keyShowCommand,
  keyListCommand,
  keyTrustCommand,
  keyRevokeCommand,
  indexInitCommand,
  indexAddCommand,
  indexRemoveCommand,
  indexPinCommand,
  indexHideCommand,
  indexDescribeCommand,
  indexListCommand,
  indexBuildCommand,
  indexRollbackCommand,
  indexVerifyCommand,
  indexMirrorCommand,
  indexServeCommand,
  indexConfigCommand,
  spkInspectCommand,
  spkVerifyCommand,
  spkRenameCommand,
  identityLdapCommand,
  checklistCommand,
  identitySamlCommand,
  tlsCheckCommand,
  tlsCsrCommand,
  featureKeyInspectCommand,
  runbookInstallCommand,
  runbookUpdateCommand,
  runbookRecoverCommand,
  runbookRecordCommand,
  runbookTemplatesCommand,
  explainCommand,
  schemaCommand,
  selfCheckCommand,
  completionCommand,
  manualCommand,
  ansibleExportCommand,
  rehearseCommand,
];
