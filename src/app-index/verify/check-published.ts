import { join } from 'node:path';
import type { Host, Planted } from '../../system/host.js';
import { packageIdOf } from '../package-hash.js';
import { fault, type Finding } from './finding.js';

const LARGEST = 256 * 1024 * 1024;

/**
 * Compares what is published with what should be: every file that belongs there, and no other.
 * @param root DIR/public
 */
export async function checkPublished(
  root: string,
  expected: Iterable<Planted>,
  host: Host,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const known = new Set<string>();
  for (const thing of expected) {
    known.add(thing.path);
    const problem = await problemOf(join(root, thing.path), thing, host);
    if (problem !== undefined) findings.push(fault(thing.path, problem));
  }
  for (const path of await filesBelow(root, '', host)) {
    if (!known.has(path)) findings.push(fault(path, 'it is published, and nothing refers to it'));
  }
  return findings;
}

async function problemOf(path: string, thing: Planted, host: Host): Promise<string | undefined> {
  const stat = await host.files.stat(path);
  if (stat === undefined) return 'it is not there';
  if ('data' in thing) {
    const bytes = await host.files.readBytes(path, LARGEST);
    return bytes !== undefined && Buffer.from(thing.data).equals(bytes) ? undefined : 'it has other contents';
  }
  const source = await host.files.stat(thing.linkTo);
  if (source === undefined) return `${thing.linkTo}, of which it is a copy, is not there`;
  if (source.ino === stat.ino && source.dev === stat.dev) return undefined;
  // Where there are no hard links it is a copy.
  const isSame =
    stat.size === source.size && (await packageIdOf(path, host)) === (await packageIdOf(thing.linkTo, host));
  return isSame ? undefined : 'it has other contents than what it is a copy of';
}

async function filesBelow(root: string, below: string, host: Host): Promise<string[]> {
  const found: string[] = [];
  for (const name of await host.files.list(join(root, below))) {
    const path = below === '' ? name : `${below}/${name}`;
    const isFolder = (await host.files.lstat(join(root, path)))?.kind === 'directory';
    if (isFolder) found.push(...(await filesBelow(root, path, host)));
    else found.push(path);
  }
  return found;
}
