import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import type { PackageRecord } from '../record.js';
import { storeFaults } from '../store-faults.js';
import { readStore, storedPackage } from '../store.js';
import type { ReadPackage } from '../take-in.js';
import { compare, type Proven } from './check-site.js';
import { fault, type Finding } from './finding.js';

export interface StoreCheck {
  /** By package id. */
  readonly proven: ReadonlyMap<string, Proven>;
  readonly findings: readonly Finding[];
}

/** Proves every package in the store once more, with its images and what is on record of it. */
export async function checkStore(
  dir: string,
  read: ReadPackage,
  onPackage: (done: number, of: number) => void,
  host: Host,
): Promise<StoreCheck> {
  const { records, unreadable } = await readStore(dir, host);
  const proven = new Map<string, Proven>();
  const findings = unreadable.map((id) =>
    fault(storedPackage(dir, id).record, 'it cannot be read', addAgain(dir, storedPackage(dir, id).file)),
  );
  for (const [done, { record }] of records.entries()) {
    if (host.interrupted.aborted) throw new Refusal('E_CANCELLED', 'Stopped. Nothing was changed.');
    onPackage(done, records.length);
    const found = await checkOne(dir, record, read, host);
    if (Array.isArray(found)) findings.push(...found);
    else proven.set(found.packageId, found);
  }
  return { proven, findings };
}

async function checkOne(
  dir: string,
  record: PackageRecord,
  read: ReadPackage,
  host: Host,
): Promise<Proven | Finding[]> {
  const { file } = storedPackage(dir, record.entry.packageId);
  const again = addAgain(dir, 'FILE');
  const faults = (await storeFaults(dir, record, host)).map((problem) => fault(file, problem, again));
  if (faults.length > 0) return faults;
  try {
    const app = await read(file, host);
    const differs = compare(record.entry, app).map(({ problem }) =>
      fault(file, problem, addAgain(dir, file)),
    );
    const { packageId, appId, versionNumber } = app;
    // Not the pictures of two thousand packages.
    return differs.length > 0 ? differs : { packageId, appId, versionNumber };
  } catch (error) {
    if (error instanceof Refusal) return [fault(file, error.message, again)];
    throw error;
  }
}

function addAgain(dir: string, file: string): string {
  return `sandstorm-airgap index add ${dir} ${file}`;
}
