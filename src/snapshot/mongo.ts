import { join } from 'node:path';
import type { Host } from '../system/host.js';

/** What `var` says of the database's version; see "The next release" in Sandstorm's own migration code. */
export interface MongoFacts {
  /** The data are of MongoDB 7: the marker says so. */
  readonly isSeven: boolean;
  /**
   * A migration was cut off after it had moved the old data to mongo-2.6-backup and before it wrote the marker,
   * its last act: neither `migrate-mongo` nor `rollback-mongo` knows what to do then.
   */
  readonly halfMigrated: boolean;
}

export async function mongoFacts(home: string, host: Host): Promise<MongoFacts> {
  const marker = join(home, 'var/mongo/version');
  const text =
    (await host.files.stat(marker).catch(() => undefined))?.kind === 'file'
      ? (await host.files.readStart(marker, 16).catch(() => Buffer.alloc(0))).toString('latin1').trim()
      : '';
  const isSeven = text === '7';
  const backup = await host.files.lstat(join(home, 'var/mongo-2.6-backup')).catch(() => undefined);
  const halfMigrated = !isSeven && backup?.kind === 'directory' && !(await isOldDatabase(home, host));
  return { isSeven, halfMigrated };
}

/**
 * The old data can be back in their place although the backup is still there: somebody has copied them, and people
 * have worked on them since. A database that was ever started has a mongod.lock; what MongoDB 7 has made has a
 * file WiredTiger as well. Who may not look into it cannot tell, and must not speak of a migration.
 */
async function isOldDatabase(home: string, host: Host): Promise<boolean> {
  const data = join(home, 'var/mongo');
  if ((await host.files.stat(data)) === undefined) return false;
  if (!(await host.files.readable(data))) return true;
  const names = await host.files.list(data);
  return names.includes('mongod.lock') && !names.includes('WiredTiger');
}

/**
 * Undoes a half migration: the old data go back to their place. What had come so far is kept under another name,
 * because a person may have put the old data back by copying. The server must be down.
 * @returns where it was moved to
 */
export async function repairHalfMigration(home: string, run: string, host: Host): Promise<string> {
  const unfinished = join(home, `var/mongo-unfinished-${run}`);
  const data = join(home, 'var/mongo');
  if ((await mongoFacts(home, host)).halfMigrated) {
    if ((await host.files.lstat(data)) !== undefined && (await host.files.lstat(unfinished)) === undefined) {
      await host.files.rename(data, unfinished);
    }
    await host.files.rename(join(home, 'var/mongo-2.6-backup'), data);
  }
  return unfinished;
}
