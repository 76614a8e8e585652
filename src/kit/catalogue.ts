import { INSTALL_PROGRAMS } from '../preflight/checks/os-tools.js';
import type { ReleaseFacts } from '../release/read.js';

/** What a release needs of a server, so that it can be known before the journey. `catalogue.json` of a kit. */
export interface Catalogue {
  readonly build: number;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** MongoDB 7 does not start without it. */
  readonly needsAvx: boolean;
  /** Data of an older build are migrated when the server is updated. */
  readonly migratesDatabase: boolean;
  readonly programs: readonly string[];
  /** What the side that made the kit saw, for people: "signed by Sandstorm (ed25519)" */
  readonly proof: string;
}

/** Pure. */
export function catalogueOf(
  { build, packedBytes, unpackedBytes, hasMongod7 }: ReleaseFacts,
  proof: string,
): Catalogue {
  return {
    build,
    packedBytes,
    unpackedBytes,
    needsAvx: hasMongod7,
    migratesDatabase: hasMongod7,
    programs: INSTALL_PROGRAMS,
    proof,
  };
}

export function catalogueText(catalogue: Catalogue): string {
  return `${JSON.stringify(catalogue, undefined, 1)}\n`;
}
