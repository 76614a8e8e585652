import { spkFileName } from '../../apps/file-name.js';
import { renderMarket } from '../../app-index/market/render.js';
import type { SiteParts } from '../../app-index/site.js';

/** The site as it is published. */
export const SITE_PARTS: SiteParts = {
  renderMarket,
  fileName: ({ entry: { name, version, packageId } }) =>
    spkFileName({ title: name, marketingVersion: version, packageId }),
};
