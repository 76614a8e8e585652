import { Refusal } from '../../errors.js';
import type { IndexEntry } from '../format.js';

/** Ids become paths and addresses, and an index that was fetched may say anything: `../../etc/cron.d/x`. */
export function requireIds({ appId, packageId }: Pick<IndexEntry, 'appId' | 'packageId'>): void {
  if (!/^[0-9acdefghjkmnpqrstuvwxyz]{52}$/.test(appId)) throw idUnfit('app id', appId);
  requirePackageId(packageId);
}

export function requirePackageId(packageId: string): void {
  if (!/^[0-9a-f]{32}$/.test(packageId)) throw idUnfit('package id', packageId);
}

/** The picture's name below `images/`; undefined for what cannot be one. */
export function imageName(imageId: string | undefined): string | undefined {
  return imageId !== undefined && /^[0-9a-f]{32}\.(?:svg|png|jpeg)$/.test(imageId) ? imageId : undefined;
}

function idUnfit(what: string, id: string): Refusal {
  return new Refusal(
    'E_INDEX_ID',
    `the index has an ${what} that is none: ${JSON.stringify(id.slice(0, 60))}`,
    {
      hint: 'build the index from the packages anew; nothing that Sandstorm takes has such an id',
    },
  );
}
