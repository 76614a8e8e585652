// From which state of the sources something is built: what `self-check` tells, and what dates every file.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Sources without history and without SOURCE_DATE_EPOCH: a date that nobody takes for a real one. */
const NO_DATE = Date.UTC(1980, 0, 1) / 1000;

/** @returns `commit`: null without history; `dirty`: files differ from it; `epoch`: seconds, the commit's own date */
export async function sourceState() {
  const commit = await git('rev-parse', 'HEAD');
  const dated = process.env.SOURCE_DATE_EPOCH ?? (commit && (await git('log', '-1', '--format=%ct')));
  const dirty = commit !== null && (await git('status', '--porcelain', '--untracked-files=no')) !== '';
  return { commit, dirty, epoch: Number(dated ?? NO_DATE) };
}

/**
 * What a build knows about itself, kept beside its parts.
 * @param parts name -> bytes of each
 */
export function buildFacts(version, { commit, dirty, epoch }, node, parts) {
  const files = Object.fromEntries([...parts].sort(byName).map(([name, bytes]) => [name, sha256(bytes)]));
  const list = Object.entries(files).map(([name, hash]) => `${hash}  ${name}\n`);
  const date = new Date(epoch * 1000).toISOString();
  return { version, commit, dirty, date, node, bundle: sha256(list.join('')), files };
}

function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

function byName([one], [other]) {
  return one < other ? -1 : 1;
}

async function git(...args) {
  try {
    // Another user's clone is as good as one's own to look at.
    const { stdout } = await promisify(execFile)('git', ['-c', 'safe.directory=*', ...args], { cwd: root });
    return stdout.trim();
  } catch {
    return null;
  }
}
