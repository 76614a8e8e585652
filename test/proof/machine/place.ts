import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where all test files of a run make their images, so that one makes for all what several begin on. */
export const PLACE = 'SANDSTORM_AIRGAP_PROOF_PLACE';

/** A few base images and some machines at a time. */
const ROOMY = 6e9;
const NAME = 'airgap-proof-';

/** Before all test files of the proof; what it returns comes after them. */
export default async function makePlace(): Promise<() => Promise<void>> {
  const within = await roomyFolder();
  await removeForsaken(within);
  const dir = await mkdtemp(join(within, `${NAME}${String(process.pid)}-`));
  process.env[PLACE] = dir;
  return () => rm(dir, { recursive: true, force: true });
}

/** In memory where there is enough: images are copied hundreds of times, and none outlives the proof. */
async function roomyFolder(): Promise<string> {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = await statfs(memory);
  return bavail * bsize > ROOMY ? memory : tmpdir();
}

/** What a proof that was killed has left: nobody else would ever free that memory. */
async function removeForsaken(within: string): Promise<void> {
  for (const name of await readdir(within)) {
    const pid = new RegExp(`^${NAME}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(within, name), { recursive: true, force: true });
  }
}
