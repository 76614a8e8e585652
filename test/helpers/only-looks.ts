import type { Files } from '../../src/system/host.js';

/** What of Files changes nothing. All others do, also those that will be added one day. */
export const ONLY_LOOKS: ReadonlySet<string> = new Set<keyof Files>([
  'lstat',
  'stat',
  'readLink',
  'realPath',
  'list',
  'readText',
  'readBytes',
  'readStart',
  'readTail',
  'readOwnTail',
  'freeSpace',
  'readable',
  'writable',
  'openRead',
]);
