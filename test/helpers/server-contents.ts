import { appendFile, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { status } from '../../src/operations/status.js';
import type { ThrowAwayServer } from './throw-away-server.js';

/** The stand-in's data: name of the file, which tells the schema, and what is in it. */
export async function dataOf(home: string): Promise<{ readonly schema: string; readonly text: string }> {
  const mongo = join(home, 'var/mongo');
  const names = (await readdir(mongo)).filter((name) => name.startsWith('data.'));
  const [schema = ''] = names;
  expect(names).toHaveLength(1);
  return { schema, text: await readFile(join(mongo, schema), 'utf8') };
}

/** What somebody has done on the server since. */
export async function writeData(home: string, line: string): Promise<void> {
  const { schema } = await dataOf(home);
  await appendFile(join(home, 'var/mongo', schema), `${line}\n`);
}

export interface Contents {
  readonly build: number | null;
  readonly conf: string;
  readonly latest: string;
  readonly paths: readonly string[];
  readonly data: { readonly schema: string; readonly text: string };
}

/** All that must be the same again after a change that was undone. */
export async function contentsOf({ world: { home }, host }: ThrowAwayServer): Promise<Contents> {
  const state = host.layout.stateDir;
  return {
    build: (await status(home, host)).build,
    conf: await readFile(join(home, 'sandstorm.conf'), 'utf8'),
    latest: await readlink(join(home, 'latest')),
    paths: [...(await pathsIn(home, COMES_AND_GOES)), ...(await pathsIn(state, /\/(?:runs|locks)$/))],
    data: await dataOf(home),
  };
}

/** Folders whose contents are the running server's own business. */
const COMES_AND_GOES = /\/(?:tmp|var\/log|var\/pid|var\/mongo|var\/sandstorm)$/;

async function pathsIn(folder: string, except: RegExp): Promise<string[]> {
  if (except.test(folder)) return [];
  const found: string[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, entry.name);
    // Copies of sandstorm.conf: one more each time, and meant to stay.
    if (path.endsWith('/backups')) continue;
    // An empty one is made by the next run, and stays when that is killed.
    if (!except.test(path) && entry.name !== 'staging') found.push(path);
    if (entry.isDirectory()) found.push(...(await pathsIn(path, except)));
  }
  return found;
}

/** The old build runs, well, on the old data, and nothing was left behind. */
export async function expectBack(one: ThrowAwayServer, before: Contents): Promise<void> {
  const now = await contentsOf(one);
  const { data, ...rest } = now;
  const { data: dataBefore, ...restBefore } = before;
  expect(rest).toEqual(restBefore);
  expect(data.schema).toBe(dataBefore.schema);
  expect(data.text.startsWith(dataBefore.text)).toBe(true);
  expect(await status(one.world.home, one.host)).toMatchObject({
    healthy: true,
    pending: null,
    leftovers: [],
    problems: [],
  });
}

/** The build that runs, and a tarball of the next. */
export async function next(
  { world, host }: ThrowAwayServer,
  behaviour = '',
): Promise<{ readonly from: number; readonly to: number; readonly tarball: string }> {
  const from = (await status(world.home, host)).build ?? 0;
  return { from, to: from + 1, tarball: await world.makeRelease(from + 1, behaviour) };
}

export async function setConf(home: string, change: (text: string) => string): Promise<void> {
  const path = join(home, 'sandstorm.conf');
  await writeFile(path, change(await readFile(path, 'utf8')));
}
