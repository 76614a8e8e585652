import { Refusal } from '../errors.js';
import { printable } from '../release/refusals.js';
import { count, list, moment } from '../words.js';
import type { Finding } from './finding.js';
import type { KitBase, KitManifest } from './manifest.js';

const ASK_FOR_ANOTHER = 'do not use it; carry the kit over once more, or have another one made';

export function kitMissing(path: string): Refusal {
  return new Refusal('E_KIT_MISSING', `there is no kit at ${path}`, {
    hint: 'give the folder that holds kit.json, or the tar file',
  });
}

/** `why` is a clause: "it is no JSON". */
export function notAKit(path: string, why: string, cause?: unknown): Refusal {
  return new Refusal('E_KIT_FORMAT', `${path} is no kit that can be used: ${why}`, {
    hint: ASK_FOR_ANOTHER,
    cause,
  });
}

export function signatureWrong(path: string, why: string): Refusal {
  return new Refusal('E_KIT_SIGNATURE', `the signature of ${path} does not vouch for it: ${why}`, {
    hint: ASK_FOR_ANOTHER,
  });
}

export function keyUntrusted(path: string, line: string): Refusal {
  return new Refusal('E_KIT_UNTRUSTED', `${path} is signed by a key that is not trusted here`, {
    hint: `compare it with \`sandstorm-airgap key show\` where the kit was made, then: sandstorm-airgap key trust '${line}' --reason TEXT`,
    result: { key: line },
  });
}

export function keyRevoked(path: string, key: string, since: string, reason: string): Refusal {
  return new Refusal(
    'E_KEY_REVOKED',
    `${path}: the key ${shortKey(key)} was revoked on ${moment(since)}: ${reason}`,
    { hint: 'have the kit signed with the key that took its place, and trust that one' },
  );
}

export function kitExpired(path: string, { expires }: KitManifest, now: Date): Refusal {
  return new Refusal(
    'E_KIT_EXPIRED',
    `${path} expired on ${moment(expires ?? '')}, and it is ${moment(now)} by this machine's clock`,
    { hint: 'if the clock is right, have a new kit made: `date` shows it' },
  );
}

export function kitOlder(
  path: string,
  { created }: KitManifest,
  newest: { readonly created: string },
): Refusal {
  return new Refusal(
    'E_KIT_OLDER',
    `${path} was made on ${moment(created)}, before the kit of ${moment(newest.created)} that was taken in already`,
    { hint: 'take the newest kit; if it has to be this one: sandstorm-airgap kit receive KIT --allow-older' },
  );
}

export function wrongBase(path: string, { kind, id }: KitBase): Refusal {
  const what =
    kind === 'kit'
      ? `to the kit ${id}, which was not taken in here`
      : `for the request ${id}, which was not made here`;
  return new Refusal('E_KIT_BASE', `${path} is a difference ${what}`, {
    hint:
      kind === 'kit'
        ? 'take in that kit first, or have a whole one made: kit create without --base'
        : 'have one made for this server: sandstorm-airgap kit request FILE, then kit create --for FILE',
  });
}

/** Not whole: each finding is in the result too. */
export function kitDamaged(path: string, findings: readonly Finding[]): Refusal {
  const [first] = findings;
  const more = findings.length > 1 ? `, and ${count(findings.length - 1, 'more fault')}` : '';
  const said = first === undefined ? 'it is not whole' : `${printable(first.name)} ${first.why}${more}`;
  return new Refusal('E_KIT_DAMAGED', `${path} is not as it was made: ${said}`, {
    hint: 'carry over what is named once more, or the whole kit; sandstorm-airgap kit verify KIT names all of it',
    result: { findings },
  });
}

/** The kit is whole, and has not got it. */
export function notInKit(path: string, what: string): Refusal {
  return new Refusal('E_KIT_CONTENTS', `${path} holds no ${what}`, {
    hint: `sandstorm-airgap kit verify ${path} shows what it holds`,
  });
}

export function kitPlace(path: string, why: string): Refusal {
  return new Refusal('E_KIT_PLACE', `no kit can be made at ${path}: ${why}`, {
    hint: 'give a name that is not there yet',
  });
}

export function kitSpace(path: string, needed: string, free: string): Refusal {
  return new Refusal('E_KIT_SPACE', `${path} needs ${needed}, and ${free} are free there`, {
    hint: 'make room there, or use another place',
  });
}

export function requestBroken(path: string, why: string): Refusal {
  return new Refusal('E_KIT_REQUEST', `${path} is no request of a server: ${why}`, {
    hint: 'make it anew on the server: sandstorm-airgap kit request FILE',
  });
}

export function downloadFailed(failed: readonly { readonly url: string; readonly why: string }[]): Refusal {
  const said = list(failed.slice(0, 3).map(({ url, why }) => `${url} (${why})`));
  const more = failed.length > 3 ? `, and ${count(failed.length - 3, 'more file')}` : '';
  return new Refusal('E_KIT_DOWNLOAD', `not everything could be fetched: ${said}${more}`, {
    hint: 'the same command goes on where this one stopped; behind a proxy set https_proxy',
    result: { failed },
  });
}

export function stopped(): Refusal {
  return new Refusal('E_CANCELLED', 'Stopped. What was begun is not used.', {
    hint: 'the same command begins anew; what was fetched is kept',
  });
}

/** "1A2B3C4D…89ABCDEF" */
export function shortKey(key: string): string {
  return `${key.slice(0, 8)}…${key.slice(-8)}`.toUpperCase();
}
