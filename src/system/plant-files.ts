import { chmodSync, constants, copyFileSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Files, Planted } from './host.js';
import { ioRefusal, isCode } from './io-errors.js';

/** So often a signal is heard and a spinner turns. */
const AT_A_TIME = 50;

/** Synchronously: with thousands of small files the promises took three times as long as the files. */
export const plant: Files['plant'] = async (root, things) => {
  const made = new Set<string>();
  let copied = 0;
  let done = 0;
  try {
    makeFolder(root, root, made);
  } catch (error) {
    throw ioRefusal('make the folder', root, error);
  }
  for (const thing of things) {
    const path = join(root, thing.path);
    try {
      makeFolder(dirname(path), root, made);
      if ('data' in thing) writeOne(path, thing.data);
      else if (!link(thing, path)) copied += 1;
    } catch (error) {
      throw ioRefusal('write', path, error);
    }
    done += 1;
    if (done % AT_A_TIME === 0) await nextTurn();
  }
  return { copied };
};

/** Synchronously, for the same reason. */
export const writeUnsynced: Files['writeUnsynced'] = (path, data) => {
  try {
    writeOne(path, data, 'w');
    return Promise.resolve();
  } catch (error) {
    return Promise.reject(ioRefusal('write', path, error));
  }
};

function makeFolder(folder: string, root: string, made: Set<string>): void {
  if (made.has(folder)) return;
  if (folder !== root) makeFolder(dirname(folder), root, made);
  const isNew = folder !== root && makeOne(folder);
  if (!isNew) mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  made.add(folder);
}

/** A folder whose parent is there: quicker than to look for all above it. */
function makeOne(folder: string): boolean {
  try {
    mkdirSync(folder, 0o755);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function writeOne(path: string, data: string | Uint8Array, flag = 'wx'): void {
  writeFileSync(path, data, { flag, mode: 0o644 });
  chmodSync(path, 0o644);
}

/** FAT has no other names, some network filesystems forbid them, and ext4 has at most 65,000 of a file. */
function link({ linkTo }: Extract<Planted, { linkTo: string }>, path: string): boolean {
  try {
    linkSync(linkTo, path);
    return true;
  } catch (error) {
    if (!isCode(error, 'EXDEV', 'EPERM', 'EMLINK', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS')) throw error;
    copyFileSync(linkTo, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    chmodSync(path, 0o644);
    return false;
  }
}
