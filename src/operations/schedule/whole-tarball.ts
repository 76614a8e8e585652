import { fileHash } from '../../file-hash.js';
import { withHashed, type ScheduleRecord } from '../../schedule/record.js';
import { signaturePaths } from '../../release/signature/watch.js';
import type { Host } from '../../system/host.js';

/**
 * Whether nobody writes to a tarball, or to a signature beside it, any more: two looks, `settleMs` apart, must see the
 * same. The time of the last change of anything about a file (ctime) is among it, which no copying program can set back.
 */
export async function isSettled(tarball: string, settleMs: number, host: Host): Promise<boolean> {
  const before = await identityOf(tarball, host);
  await host.clock.sleep(settleMs);
  return before !== undefined && before === (await identityOf(tarball, host));
}

/**
 * SHA-256 of a tarball, read only when anything about it has changed since the last time.
 * @returns undefined when it changed while it was read
 */
export async function hashOf(
  tarball: string,
  record: ScheduleRecord,
  host: Host,
): Promise<{ readonly sha256: string; readonly record: ScheduleRecord } | undefined> {
  const identity = await identityOf(tarball, host);
  if (identity === undefined) return undefined;
  const known = record.hashed.find((one) => one.identity === identity);
  if (known !== undefined) return { sha256: known.sha256, record };
  const sha256 = await fileHash(tarball, host);
  if (identity !== (await identityOf(tarball, host))) return undefined;
  return { sha256, record: withHashed(record, { identity, sha256 }) };
}

/** Everything that changes when it is written to; undefined when it is gone. */
async function identityOf(tarball: string, host: Host): Promise<string | undefined> {
  const parts: string[] = [];
  for (const path of [tarball, ...signaturePaths(tarball)]) {
    const stat = await host.files.stat(path);
    if (stat === undefined && path === tarball) return undefined;
    parts.push(
      stat === undefined
        ? '-'
        : [stat.dev, stat.ino, stat.size, stat.mtime.getTime(), stat.ctime.getTime()].map(String).join(':'),
    );
  }
  return [tarball, ...parts].join(' ');
}
