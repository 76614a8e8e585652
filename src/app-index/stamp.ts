import { createHash } from 'node:crypto';
import { documentText, type IndexDocument } from './document.js';
import type { StoredRecord } from './store.js';

declare const SANDSTORM_AIRGAP_VERSION: string;

/** Names all that a site is made from. Another version of this tool may make another site of the same. Pure. */
export function stampOf(document: IndexDocument, records: readonly StoredRecord[]): string {
  const hash = createHash('sha256');
  const parts = [toolVersion(), documentText(document), ...records.map(({ text }) => text)];
  // With its length before it no part can pass for the end of another.
  for (const part of parts) hash.update(`${String(part.length)}:`).update(part);
  return hash.digest('hex');
}

export function toolVersion(): string {
  return typeof SANDSTORM_AIRGAP_VERSION === 'undefined' ? 'source' : SANDSTORM_AIRGAP_VERSION;
}
