import type { FoundRelease } from '../release/picker.js';
import { UNPRINTABLE } from '../release/refusals.js';
import { bytes } from '../words.js';
import type { Choice } from './prompts.js';

/** Cursor and a blank in front of every line of a menu. */
const CURSOR = 2;
const LEAST_PATH = 22;
const LEAST_REASON = 24;
const WIDE = 80;

/**
 * Pure: the list to choose from, one line each and aligned, in the order found. What cannot be used is
 * shown with its reason, so that nobody looks for it.
 * @param installed the build that runs here, if any: a lower one cannot follow it.
 * @param columns of the terminal
 */
export function tarballChoices(
  found: readonly FoundRelease[],
  columns: number,
  installed?: number,
): Choice<string>[] {
  const builds = found.map(({ build }) => (build === undefined ? 'unusable' : `build ${String(build)}`));
  const sizes = found.map(({ size }) => bytes(size));
  const [buildWidth, sizeWidth] = [widest(builds), widest(sizes)];
  return found.map((one, index) => {
    const start = [
      (builds[index] ?? '').padEnd(buildWidth),
      (sizes[index] ?? '').padStart(sizeWidth),
      ...signatureColumn(one, columns),
      '',
    ].join('   ');
    const room = columns - CURSOR - start.length;
    const why = whyNot(one, installed);
    if (why !== undefined) {
      const path = shortPath(
        harmless(one.path),
        Math.max(LEAST_PATH, room - Math.min(why.length + 3, LEAST_REASON)),
      );
      return { name: start + path, value: one.path, disabled: cut(`(${why})`, room - path.length - 1) };
    }
    const note = one.build === installed ? '   installed' : '';
    const path = shortPath(harmless(one.path), Math.max(LEAST_PATH, room - note.length));
    return { name: start + path + note, value: one.path, short: harmless(one.path) };
  });
}

/** Nothing was checked yet, so it is not called signed. What is of no use needs the room for its reason. */
function signatureColumn({ build, hasSignature }: FoundRelease, columns: number): string[] {
  if (build === undefined) return columns < WIDE ? [] : [' '.repeat('signature'.length)];
  return [hasSignature ? 'signature' : 'unsigned '];
}

/** Why it cannot be chosen; undefined when it can. */
export function whyNot({ build, path, problem }: FoundRelease, installed?: number): string | undefined {
  if (build === undefined)
    return (problem ?? 'it cannot be read').replace(`${path} `, '').replace(/^is /, '');
  return installed !== undefined && build < installed ? 'older than what is installed' : undefined;
}

/** Whoever filled the stick chose the names: they must not move the cursor or pass for another line. */
export function harmless(name: string): string {
  return name.replaceAll(new RegExp(UNPRINTABLE.source, 'g'), '?');
}

/** A path that does not fit loses folders from its middle: where it begins and its name say most. */
export function shortPath(path: string, room: number): string {
  if (path.length <= room) return path;
  const name = path.slice(path.lastIndexOf('/'));
  const left = room - name.length - 1;
  return left > 0 ? `${path.slice(0, left)}…${name}` : `…${path.slice(-(room - 1))}`;
}

function cut(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, Math.max(0, room - 2))}…)`;
}

function widest(words: readonly string[]): number {
  return Math.max(0, ...words.map(({ length }) => length));
}
