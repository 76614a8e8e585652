import type { License } from './app-package.js';

/** As Sandstorm's index and market call it; undefined when the package says nothing. */
export function licenseTitle(license: License): string | undefined {
  switch (license.kind) {
    case 'openSource':
      return license.title;
    case 'proprietary':
      return 'Proprietary';
    case 'publicDomain':
      return 'Public Domain';
    case 'none':
      return undefined;
  }
}
