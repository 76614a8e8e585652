import { createHash } from 'node:crypto';

/** What Sandstorm's server does with an index each day (`updateAppIndex` in db.js there), for apps that it has. */
export interface UpdateCheck {
  /** By app id: what of its packages was downloaded, since the index offers a higher version than is installed. */
  readonly downloaded: Readonly<Record<string, { readonly packageId: string; readonly bytes: number }>>;
}

/** @param installed version number of each app by its id; others are of no interest. @throws as the server logs it */
export async function updateCheck(
  indexUrl: string,
  installed: Readonly<Record<string, number>>,
): Promise<UpdateCheck> {
  const answer = await fetch(`${indexUrl}/apps/index.json`);
  if (!answer.ok) throw new Error(`apps/index.json: ${String(answer.status)}`);
  const { apps } = (await answer.json()) as {
    apps: { appId: string; packageId: string; versionNumber: number }[];
  };
  const downloaded: Record<string, { packageId: string; bytes: number }> = {};
  for (const { appId, packageId, versionNumber } of apps) {
    const has = installed[appId];
    if (has === undefined || versionNumber <= has) continue;
    const spk = await fetch(`${indexUrl}/packages/${packageId}`);
    if (!spk.ok) throw new Error(`packages/${packageId}: ${String(spk.status)}`);
    const bytes = Buffer.from(await spk.arrayBuffer());
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
    if (hash !== packageId) throw new Error(`package hash did not match: ${hash}`);
    downloaded[appId] = { packageId, bytes: bytes.length };
  }
  return { downloaded };
}
