import type { Proof } from '../../src/release/proof.js';
import type { UpdateFacts } from '../../src/update/plan.js';

const PROOF: Proof = { sha256: '0f', signedBy: [], unsignedAllowed: true, newTrust: null };

/** An ordinary update, 308 to 309, of a server that runs. */
export const UPDATE_FACTS: UpdateFacts = {
  home: '/opt/sandstorm',
  from: 'sandstorm-308',
  to: 'sandstorm-309',
  tarball: '/media/usb/sandstorm-309.tar.xz',
  sha256: '0f',
  unpackedBytes: 744,
  proof: PROOF,
  downgradeAllowed: false,
  strategy: 'safe',
  waive: [],
  channel: 'none',
  unpack: true,
  running: true,
  target: 'absent',
  scope: 'database',
  snapshotBytes: 212,
  migrate: false,
  mongoBytes: 0,
  halfMigrated: false,
  keep: 1,
  stableSeconds: 30,
};
