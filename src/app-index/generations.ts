import { join } from 'node:path';
import { Refusal } from '../errors.js';
import { syncFilesystem } from '../snapshot/copy.js';
import type { Host, Planted } from '../system/host.js';
import { randomHex } from '../system/random.js';
import { indexLayout } from './layout.js';

/** DIR/generations/<n>/generation.json */
export interface Generation {
  readonly number: number;
  /** ISO 8601 */
  readonly builtAt: string;
  /** Names all that it was made from: the same stamp, the same files. */
  readonly stamp: string;
  readonly apps: number;
  readonly packages: number;
}

export type NewGeneration = Omit<Generation, 'number' | 'builtAt'>;

/**
 * Makes a publication of these files (paths relative to the site's root) and puts it into force. Cut off at any
 * moment, also by a power cut, what was published before is in force, or this is: all of it is on the disk before
 * the link moves. Call it with the index's lock.
 * @throws Refusal E_IO, E_CANCELLED
 */
export async function publish(
  dir: string,
  facts: NewGeneration,
  files: Iterable<Planted>,
  host: Host,
): Promise<Generation> {
  const { incoming, generations } = indexLayout(dir);
  const number = 1 + Math.max(0, ...(await generationNumbers(dir, host)));
  const generation: Generation = { number, builtAt: host.clock.now().toISOString(), ...facts };
  const making = join(incoming, randomHex(8));
  await host.files.makeDir(making, 0o755);
  await host.files.makeDir(generations, 0o755);
  await host.files.plant(join(making, 'site'), files);
  await host.files.plant(making, [{ path: 'generation.json', data: `${JSON.stringify(generation)}\n` }]);
  await syncFilesystem(making, host);
  if (host.interrupted.aborted) {
    await host.files.remove(making);
    throw stopped();
  }
  await host.files.rename(making, join(generations, String(number)));
  await putIntoForce(dir, number, host);
  return generation;
}

/** Moves the link: whoever asks gets files of this generation from now on. */
export async function putIntoForce(dir: string, number: number, host: Host): Promise<void> {
  await host.files.replaceLink(indexLayout(dir).public, join('generations', String(number), 'site'));
}

/** The number of the generation in force; undefined when nothing was published yet. */
export async function numberInForce(dir: string, host: Host): Promise<number | undefined> {
  const target = await host.files.readLink(indexLayout(dir).public);
  const number = /^generations\/([1-9]\d*)\/site$/.exec(target ?? '')?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Rising. All of them are whole: they get their number last. */
async function generationNumbers(dir: string, host: Host): Promise<number[]> {
  const names = await host.files.list(indexLayout(dir).generations);
  return names
    .filter((name) => /^[1-9]\d{0,14}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Those that can be put into force, rising. */
export async function listGenerations(dir: string, host: Host): Promise<Generation[]> {
  const found: Generation[] = [];
  for (const number of await generationNumbers(dir, host)) {
    const generation = await readGeneration(dir, number, host);
    if (generation !== undefined) found.push(generation);
  }
  return found;
}

async function readGeneration(dir: string, number: number, host: Host): Promise<Generation | undefined> {
  const file = join(indexLayout(dir).generations, String(number), 'generation.json');
  const text = await host.files.readText(file).catch(() => undefined);
  try {
    const said = JSON.parse(text ?? '') as Partial<Record<keyof Generation, unknown>> | null;
    const { builtAt, stamp, apps, packages } = said ?? {};
    if (typeof builtAt !== 'string' || typeof stamp !== 'string') return undefined;
    return { number, builtAt, stamp, apps: Number(apps), packages: Number(packages) };
  } catch {
    return undefined;
  }
}

/**
 * Removes all but the `keep` latest; the one in force stays in any case.
 * @returns the numbers removed, or that would be.
 */
export async function pruneGenerations(
  dir: string,
  keep: number,
  host: Host,
  { dryRun = false } = {},
): Promise<number[]> {
  const inForce = await numberInForce(dir, host);
  const numbers = await generationNumbers(dir, host);
  const old = numbers.slice(0, Math.max(0, numbers.length - keep)).filter((number) => number !== inForce);
  if (dryRun) return old;
  const { generations, incoming } = indexLayout(dir);
  for (const number of old) {
    // Half removed under its number it could be gone back to.
    const dying = join(incoming, randomHex(8));
    await host.files.makeDir(incoming, 0o755);
    await host.files.rename(join(generations, String(number)), dying);
    await host.files.remove(dying);
  }
  return old;
}

function stopped(): Refusal {
  return new Refusal('E_CANCELLED', 'Stopped. What was published before is still in force.');
}
