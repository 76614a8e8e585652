/**
 * Enumerants of Sandstorm's `package.capnp` by number, with the titles that app index and market show for
 * them: there they are annotations.
 */

export interface Titled {
  readonly id: string;
  readonly title: string;
}

/** By number; 0 is no licence. */
export const OPEN_SOURCE_LICENSES: readonly (Titled | undefined)[] = [
  undefined,
  { id: 'mit', title: 'MIT License' },
  { id: 'apache2', title: 'Apache License v2' },
  { id: 'gpl3', title: 'GNU GPL v3' },
  { id: 'agpl3', title: 'GNU AGPL v3' },
  { id: 'bsd3Clause', title: 'BSD 3-Clause' },
  { id: 'bsd2Clause', title: 'BSD 2-Clause' },
  { id: 'gpl2', title: 'GNU GPL v2' },
  { id: 'lgpl2', title: 'GNU LGPL v2.1' },
  { id: 'lgpl3', title: 'GNU LGPL v3' },
  { id: 'isc', title: 'ISC License' },
  { id: 'artistic2', title: 'Artistic License v2' },
  { id: 'python2', title: 'Python License v2' },
  { id: 'php3', title: 'PHP License v3' },
  { id: 'mpl2', title: 'Mozilla Public License v2' },
  { id: 'cddl', title: 'CDDL' },
  { id: 'epl', title: 'Eclipse Public License' },
  { id: 'cpal', title: 'Common Public Attribution License' },
  { id: 'zlib', title: 'Zlib/libpng License' },
];

export const CATEGORIES: readonly Titled[] = [
  { id: 'other', title: 'Other' },
  { id: 'productivity', title: 'Productivity' },
  { id: 'communications', title: 'Communications' },
  { id: 'social', title: 'Social' },
  { id: 'webPublishing', title: 'Web Publishing' },
  { id: 'office', title: 'Office' },
  { id: 'developerTools', title: 'DevTools' },
  { id: 'science', title: 'Science' },
  { id: 'media', title: 'Media' },
  { id: 'games', title: 'Games' },
  { id: 'graphics', title: 'Graphics' },
];
