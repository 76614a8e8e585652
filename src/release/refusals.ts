import { Refusal } from '../errors.js';
import { versionName } from './format.js';

const COPY_AGAIN = 'copy it again from where it was downloaded, and compare sha256sum on both sides';

export function tarballMissing(path: string): Refusal {
  return new Refusal('E_TARBALL_MISSING', `there is no file ${path}`, {
    hint: 'give the path of a sandstorm-<build>.tar.xz, or a folder that has one',
  });
}

/** `what` continues "is": "a folder", "neither xz, gzip nor tar". */
export function notATarball(path: string, what: string): Refusal {
  return new Refusal('E_TARBALL_FORMAT', `${path} is ${what}, not a release tarball`, {
    hint: 'give a sandstorm-<build>.tar.xz',
  });
}

/** `how` is a sentence: what the decoder said. */
export function tarballCorrupt(path: string, how: string, cause?: unknown): Refusal {
  return new Refusal('E_TARBALL_CORRUPT', `${path} is damaged: ${how}`, { hint: COPY_AGAIN, cause });
}

/** `entry` is undefined when it is about the tarball as a whole. */
export function contentsRefused(entry: string | undefined, why: string): Refusal {
  const where = entry === undefined ? 'the tarball' : `the tarball's entry ${printable(entry)}`;
  return new Refusal('E_TARBALL_CONTENTS', `${where} ${why}`, {
    hint: 'this is not a release as Sandstorm makes them; do not use it',
    ...(entry === undefined ? {} : { result: { entry: printable(entry), why } }),
  });
}

/** Whole and sound, but with no number: upstream names its folder by the time, so nobody can say what to expect. */
export function customBuild(path: string): Refusal {
  return new Refusal(
    'E_TARBALL_CONTENTS',
    `${printable(path)} is a custom build (sandstorm-0), not a release`,
    {
      hint: 'this tool brings numbered releases; install a custom build by hand, with bash install.sh TARBALL',
    },
  );
}

export function tarballTooBig(what: string): Refusal {
  return new Refusal('E_TARBALL_TOO_BIG', `the tarball ${what}`, {
    hint: 'this is not a release as Sandstorm makes them; do not use it',
  });
}

export function nameLies(path: string, claimed: number, build: number): Refusal {
  return new Refusal(
    'E_TARBALL_NAME',
    `${path} is named like build ${claimed} (${versionName(claimed)}) but holds build ${build} (${versionName(build)})`,
    { hint: `find out which one you want; if it is ${build}, rename it to sandstorm-${build}.tar.xz` },
  );
}

/** `broken` were found and are not releases that can be used. */
export function noTarballFound(
  searched: readonly string[],
  broken: readonly { readonly path: string; readonly problem: string | undefined }[],
): Refusal {
  const where = searched.length === 0 ? '' : ` in ${searched.join(', ')}`;
  const but = broken[0]?.problem === undefined ? '' : `; ${broken[0].problem}`;
  return new Refusal('E_NO_TARBALL_FOUND', `no release tarball${where}${but}`, {
    hint: 'give the path of a sandstorm-<build>.tar.xz',
    result: { searched, broken: broken.map(({ path, problem }) => ({ path, problem })) },
  });
}

/** Names come from a file nobody has vouched for: they must not move a terminal's cursor or fill it. */
export function printable(name: string): string {
  const escaped = JSON.stringify(name).replace(
    UNPRINTABLE_ALL,
    (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
  return escaped.length <= 120 ? escaped : `${escaped.slice(0, 80)}…${escaped.slice(-35)}`;
}

/**
 * Control characters, line separators, changes of direction, and the mark left where bytes were no
 * UTF-8. A genuine release has none of these in a name.
 */
const UNPRINTABLE_CLASS = '[\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069\\ufffd]';
export const UNPRINTABLE = new RegExp(UNPRINTABLE_CLASS);
const UNPRINTABLE_ALL = new RegExp(UNPRINTABLE_CLASS, 'g');
