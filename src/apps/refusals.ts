import { Refusal } from '../errors.js';
import { printable } from '../release/refusals.js';

const DOWNLOAD_AGAIN = 'download or copy it again, and compare sha256sum on both sides';

export function spkMissing(path: string): Refusal {
  return new Refusal('E_SPK_MISSING', `there is no file ${printablePath(path)}`, {
    hint: 'give the path of an app package; a download from the app market has no .spk at its end',
  });
}

/** `what` continues "is": "a folder", "empty". */
export function notAPackage(path: string, what: string): Refusal {
  return new Refusal('E_SPK_FORMAT', `${printablePath(path)} is ${what}, not an app package`, {
    hint: 'give an app package (SPK), as the app market or spk pack makes them',
  });
}

/** `how` is a sentence: what is wrong with its packing. */
export function spkCorrupt(path: string, how: string, cause?: unknown): Refusal {
  return new Refusal('E_SPK_CORRUPT', `${printablePath(path)} is damaged: ${how}`, {
    hint: DOWNLOAD_AGAIN,
    cause,
  });
}

/** `why` is a clause about the package: "its manifest is cut short". */
export function spkContents(path: string, why: string, cause?: unknown): Refusal {
  return new Refusal('E_SPK_CONTENTS', `${printablePath(path)} is no sound app package: ${why}`, {
    hint: 'this is not a package as spk pack makes them; do not use it',
    cause,
  });
}

export function spkTooBig(path: string, what: string): Refusal {
  return new Refusal('E_SPK_TOO_BIG', `${printablePath(path)} ${what}`, {
    hint: 'this is not a package as spk pack makes them; do not use it',
  });
}

export function spkSignature(path: string, why: string): Refusal {
  return new Refusal(
    'E_SPK_SIGNATURE',
    `the signature in ${printablePath(path)} does not vouch for it: ${why}`,
    {
      hint: `do not use it; ${DOWNLOAD_AGAIN}`,
    },
  );
}

export function spkRevoked(path: string, signedBy: string, packageId: string): Refusal {
  return new Refusal(
    'E_SPK_REVOKED',
    `${printablePath(path)} is signed by a key that was revoked, and is none of the packages its maker stands by`,
    {
      hint: 'do not use it; take a newer package of this app from the app market',
      result: { signedBy, packageId },
    },
  );
}

/** A file name is a stranger's text as well. */
function printablePath(path: string): string {
  const quoted = printable(path);
  return quoted === `"${path}"` ? path : quoted;
}
