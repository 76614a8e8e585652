import type { FactsByCode, ReportsByCode } from './refusal-facts.js';

/**
 * Every refusal this tool can give. Keys are stable: scripts match on them.
 *
 * Exit codes: 0 done, 1 unexpected, 2 usage, 3 preflight failed, 4 input needed, 5 not authentic or
 * corrupt, 6 failed and the previous state was restored, 7 failed and a person must act, 8 busy or pending.
 */
export const ERROR_CODES = {
  E_UNEXPECTED: { exit: 1, meaning: 'a fault in this tool; please report it with --debug output' },
  E_REHEARSAL: { exit: 1, meaning: 'the rehearsal cannot be played here, or went otherwise than it should' },
  E_IO: { exit: 1, meaning: 'the operating system refused a file, disk or network operation' },
  E_CANCELLED: { exit: 1, meaning: 'stopped by the person at the keyboard before anything was changed' },

  E_USAGE: { exit: 2, meaning: 'the command line is wrong' },
  E_ANSWERS_FILE: { exit: 2, meaning: 'the answers file cannot be read or has a key that is not known' },
  E_BAD_VALUE: { exit: 2, meaning: 'a value has the wrong form' },
  E_CONF_VALUE: {
    exit: 2,
    meaning: 'sandstorm.conf cannot hold this value, or the server would not take it',
  },
  E_SECRET_ON_COMMAND_LINE: { exit: 2, meaning: 'a secret was given where others can read it' },
  E_CONF_UNKNOWN_KEY: { exit: 2, meaning: 'Sandstorm has no setting of that name' },
  E_TARBALL_MISSING: { exit: 2, meaning: 'there is no file where the release tarball should be' },
  E_SPK_MISSING: { exit: 2, meaning: 'there is no file where the app package should be' },
  E_NO_TARBALL_FOUND: { exit: 2, meaning: 'no release tarball was found in the places searched' },
  E_KIT_MISSING: { exit: 2, meaning: 'there is no transfer kit at that path' },
  E_KEY_MISSING: { exit: 2, meaning: 'there is no key to sign transfer kits with' },
  E_RUNBOOK_TEMPLATE: { exit: 2, meaning: 'a template of a runbook cannot be used' },
  E_BUNDLE_PLACE: { exit: 2, meaning: 'a support bundle cannot be written there' },
  E_MIRROR_SELECTION: { exit: 2, meaning: 'the index to be mirrored has no such app or category' },

  E_PREFLIGHT_FAILED: { exit: 3, meaning: 'a preflight check failed' },
  E_ALREADY_INSTALLED: { exit: 3, meaning: 'there is a Sandstorm server of another build already' },
  E_INSTALLED_DIFFERENTLY: { exit: 3, meaning: 'the same build is installed with other settings' },
  E_NO_SERVER: { exit: 3, meaning: 'there is no whole Sandstorm server in that folder' },
  E_CONF_INCOMPLETE: { exit: 3, meaning: 'sandstorm.conf lacks a setting that is needed' },
  E_CONF_NOT_SET: { exit: 3, meaning: 'sandstorm.conf has no such setting' },
  E_CONF_LINT: { exit: 3, meaning: 'sandstorm.conf has lines that must be mended' },
  E_DOWNGRADE: { exit: 3, meaning: 'the tarball holds an older build than the one installed' },
  E_NO_RUN: { exit: 3, meaning: 'there is no such run in the journals of that server' },
  E_NO_SNAPSHOT: { exit: 3, meaning: 'there is no snapshot to go back to' },
  E_SNAPSHOT_PLACE: { exit: 3, meaning: 'the data lie where no snapshot of them can be put back' },
  E_STRATEGY: { exit: 3, meaning: 'this update cannot be made with the server running' },
  E_RUNBOOK_PDF: { exit: 3, meaning: 'a PDF of a runbook cannot be made on this machine' },
  E_SCHEDULE_PLACE: { exit: 3, meaning: 'updates of this server cannot be scheduled in that way' },
  E_NEEDS_ROOT: { exit: 3, meaning: 'this can only be done by root' },
  E_CONF_MISSING: { exit: 3, meaning: 'there is no sandstorm.conf in that install directory' },
  E_INDEX_UNPUBLISHED: { exit: 3, meaning: 'nothing is published in that folder of an app index' },
  E_LDAP_UNFIT: { exit: 3, meaning: 'people could not log in, or not safely, with this LDAP configuration' },
  E_CHECKLIST: { exit: 3, meaning: 'what was seen of the server is not as the checklist has it' },
  E_CONF_WOULD_KILL: { exit: 3, meaning: 'the server would not come up with this sandstorm.conf' },
  E_INDEX_MISSING: { exit: 3, meaning: 'there is no app index in that folder' },
  E_INDEX_PLACE: { exit: 3, meaning: 'that folder is none to make or change an app index in' },
  E_INDEX_UNKNOWN: { exit: 3, meaning: 'the app index has no such app, package or generation' },
  E_INDEX_PINNED: { exit: 3, meaning: 'the package is the one that was approved for its app' },
  E_INDEX_UNREACHABLE: { exit: 3, meaning: 'Sandstorm could not fetch from this app index' },
  E_KIT_PLACE: { exit: 3, meaning: 'a transfer kit cannot be made in that place' },
  E_KIT_SPACE: { exit: 3, meaning: 'there is too little room for the transfer kit' },
  E_KIT_CONTENTS: { exit: 3, meaning: 'the transfer kit does not hold what is asked of it' },
  E_KIT_BASE: {
    exit: 3,
    meaning: 'the transfer kit is a difference to something that this server does not have',
  },
  E_SPK_NAME_TAKEN: { exit: 3, meaning: 'another file has the name that the app package is to have' },
  E_ANSIBLE_CHANGED: { exit: 3, meaning: 'somebody has changed files of the exported Ansible collection' },
  E_TLS_NOT_READY: { exit: 3, meaning: 'browsers would not take that certificate, or the server could not' },
  E_SAML_NOT_READY: { exit: 3, meaning: 'a login with that identity provider would fail' },
  E_SAML_RESPONSE: { exit: 3, meaning: 'Sandstorm would refuse that answer of the identity provider' },

  E_INPUT_NEEDED: { exit: 4, meaning: 'a value is missing and asking is not possible or not allowed' },

  E_INSTALL_SCRIPT: { exit: 5, meaning: "the install script given is not Sandstorm's install.sh" },
  E_TARBALL_FORMAT: { exit: 5, meaning: 'the file is not a tarball' },
  E_TARBALL_CORRUPT: { exit: 5, meaning: 'the tarball is damaged or cut short' },
  E_TARBALL_CONTENTS: {
    exit: 5,
    meaning: 'the tarball is whole but not a Sandstorm release, or not a safe one',
  },
  E_TARBALL_TOO_BIG: { exit: 5, meaning: 'the tarball holds or needs more than a release ever would' },
  E_TARBALL_NAME: { exit: 5, meaning: "the tarball's file name says another build than it holds" },
  E_TARBALL_UNSIGNED: { exit: 5, meaning: 'there is no signature beside the tarball' },
  E_SIGNATURE_WRONG: { exit: 5, meaning: 'a signature does not vouch for the tarball' },
  E_SIGNATURE_UNTRUSTED_KEY: { exit: 5, meaning: 'the only signature is by a key that is not trusted here' },
  E_SIGNATURE_FORMAT: { exit: 5, meaning: 'a signature or key file is not what its name says' },
  E_SELF_DAMAGED: { exit: 5, meaning: 'parts of this tool itself are damaged or missing' },
  E_TLS_FORMAT: { exit: 5, meaning: 'it is no certificate or key that the server could be given' },
  E_FEATURE_KEY: { exit: 5, meaning: 'it is no feature key, or nobody vouches for it' },
  E_SAML_FORMAT: { exit: 5, meaning: 'it is no SAML metadata or answer, or not one that is safe to read' },
  E_KIT_FORMAT: { exit: 5, meaning: 'it is no transfer kit, or not one that is safe to read' },
  E_KIT_SIGNATURE: { exit: 5, meaning: "the transfer kit's signature does not vouch for it" },
  E_KIT_UNTRUSTED: { exit: 5, meaning: 'the transfer kit is signed by a key that is not trusted here' },
  E_KEY_REVOKED: { exit: 5, meaning: 'the key that signs transfer kits was revoked' },
  E_KEY_FILE: { exit: 5, meaning: 'the key that signs transfer kits is damaged, or others may read it' },
  E_KIT_DAMAGED: { exit: 5, meaning: 'files of the transfer kit are damaged, missing or not part of it' },
  E_KIT_EXPIRED: { exit: 5, meaning: 'the transfer kit was to be used before a day that is over' },
  E_KIT_OLDER: { exit: 5, meaning: 'a newer transfer kit of the same key was taken in already' },
  E_KIT_RECEIPT: { exit: 5, meaning: 'what this server remembers of a transfer kit is damaged' },
  E_KIT_REQUEST: { exit: 5, meaning: 'the file is not the request of a server for a transfer kit' },
  E_TRUST_STORE: { exit: 5, meaning: 'what says whom to trust is broken, or others may write to it' },
  E_INDEX_DOCUMENT: { exit: 5, meaning: 'app-index.json in the folder of the app index is broken' },
  E_INDEX_BROKEN: {
    exit: 5,
    meaning: 'files of the app index are damaged, missing or not what they should be',
  },
  E_INDEX_ID: { exit: 5, meaning: 'an app index names an app or a package by what is no id' },
  E_SPK_FORMAT: { exit: 5, meaning: 'the file is not an app package' },
  E_SPK_CORRUPT: {
    exit: 5,
    meaning: 'the app package is damaged, cut short, or has something behind its end',
  },
  E_SPK_CONTENTS: { exit: 5, meaning: 'the app package is whole, but not as an app package must be' },
  E_SPK_TOO_BIG: { exit: 5, meaning: 'the app package holds or needs more than Sandstorm would take' },
  E_SPK_SIGNATURE: { exit: 5, meaning: "the app package's own signature does not vouch for it" },
  E_SPK_REVOKED: { exit: 5, meaning: 'the app package is signed by a key that its maker has revoked' },
  E_MIRROR_MEMORY: { exit: 5, meaning: 'what a mirror remembers of the index elsewhere is damaged' },
  E_MIRROR_NO_INDEX: { exit: 5, meaning: 'what lies at that address is no app index' },
  E_MIRROR_OLDER: { exit: 5, meaning: 'the index elsewhere goes back in time' },
  E_MIRROR_CORRUPT: { exit: 5, meaning: 'files of the index elsewhere are not what their names say' },

  E_INSTALL_UNDONE: { exit: 6, meaning: 'the installation failed; what it had made was taken away again' },
  E_UPDATE_UNDONE: { exit: 6, meaning: 'the update failed; the former build and its data are back' },
  E_ROLLBACK_UNDONE: { exit: 6, meaning: 'the rollback failed; everything is as it was before' },
  E_SNAPSHOT_UNDONE: { exit: 6, meaning: 'the snapshot failed; the server is as it was before' },

  E_INSTALL_FAILED: { exit: 7, meaning: 'the installation failed and left things behind' },
  E_INSTALL_UNHEALTHY: { exit: 7, meaning: 'Sandstorm was installed but does not answer as it must' },
  E_UPDATE_FAILED: { exit: 7, meaning: 'the update failed, and so did the way back' },
  E_ROLLBACK_FAILED: { exit: 7, meaning: 'the rollback failed, and so did the way back' },
  E_SNAPSHOT_FAILED: { exit: 7, meaning: 'the snapshot failed, and the server is not as it was before' },
  E_SERVER_UNHEALTHY: { exit: 7, meaning: 'the server does not answer as it must' },
  E_SCHEDULE_RECORD: { exit: 7, meaning: 'the record of the tarballs that a schedule has tried is damaged' },
  E_SCHEDULE_UNITS: { exit: 7, meaning: 'systemd did not take the timer' },
  E_SERVICE_START: { exit: 7, meaning: 'the server did not start' },
  E_SERVICE_STOP: { exit: 7, meaning: 'the server did not stop' },
  E_KIT_DOWNLOAD: { exit: 7, meaning: 'not everything that the transfer kit needs could be fetched' },
  E_MIRROR_UNREACHABLE: { exit: 7, meaning: 'the index elsewhere cannot be reached, or does not answer' },
  E_MIRROR_INCOMPLETE: { exit: 7, meaning: 'not all of the index elsewhere could be fetched' },

  E_BUSY: { exit: 8, meaning: 'another operation is going on' },
  E_PENDING: { exit: 8, meaning: 'an earlier operation was interrupted and comes first' },
} as const satisfies Record<string, { exit: number; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** A refusal as --json has it. */
export interface RefusalData {
  readonly code: ErrorCode;
  readonly message: string;
  /** What to do next, as a command to type where there is one. */
  readonly hint: string | null;
}

interface Details<Facts> {
  /** What to do next, as a command to type where there is one. */
  hint?: string;
  /** Facts for `--json`, beside the error. */
  result?: Facts;
  /** Something was changed before it failed. */
  changed?: boolean;
  cause?: unknown;
}

type FactsOf<C extends ErrorCode> =
  | (C extends keyof FactsByCode ? FactsByCode[C] : never)
  | (C extends keyof ReportsByCode ? ReportsByCode[C] : never);

/** A code, and facts of its own. */
type RefusalWords = {
  [C in ErrorCode]: [code: C, message: string, details?: Details<FactsOf<C>>];
}[ErrorCode];

/**
 * An expected failure: the world is not as it must be, and we say so. Made by a named function beside
 * the code that refuses. Anything else that is thrown is a bug and gets E_UNEXPECTED.
 */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly result: unknown;
  readonly changed: boolean;

  constructor(...[code, message, details = {}]: RefusalWords) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'Refusal';
    this.code = code;
    this.hint = details.hint;
    this.result = details.result;
    this.changed = details.changed ?? false;
  }

  /** One that was made before, here or in another process: its facts were those of its code then. */
  static retold(code: ErrorCode, message: string, details: Details<unknown>): Refusal {
    return new Refusal(...([code, message, details] as RefusalWords));
  }

  /** The same refusal, of an operation that had begun to change things. */
  afterChanges(): Refusal {
    return this.but({ changed: true });
  }

  /** The same but for what is given. */
  but(other: Details<unknown> & { readonly message?: string }): Refusal {
    const { code, message, hint, result, changed, cause } = this;
    const details = { ...(hint === undefined ? {} : { hint }), result, changed, cause };
    return Refusal.retold(code, other.message ?? message, { ...details, ...other });
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }
}

/** A value has the wrong form. `what` names the flag or key it came from. */
export function badValue(what: string, value: string, expected: string): Refusal {
  return new Refusal('E_BAD_VALUE', `${what}: "${value}" is not ${expected}`, {
    hint: `give ${what} as ${expected}`,
  });
}
