import { createHash } from 'node:crypto';
import { ownVersion } from '../own-version.js';
import { documentText, type IndexDocument } from './document.js';
import type { StoredRecord } from './store.js';

/** Names all that a site is made from. Another version of this tool may make another site of the same. Pure. */
export function stampOf(document: IndexDocument, records: readonly StoredRecord[]): string {
  const hash = createHash('sha256');
  const parts = [ownVersion(), documentText(document), ...records.map(({ text }) => text)];
  // With its length before it no part can pass for the end of another.
  for (const part of parts) hash.update(`${String(part.length)}:`).update(part);
  return hash.digest('hex');
}
