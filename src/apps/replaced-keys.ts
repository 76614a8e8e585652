/**
 * Apps whose makers lost their key, or feared for it (Sandstorm's `appid-replacements.capnp`): what the new
 * key signs *is* the old app, so that grains go on with it.
 */
interface ReplacedKey {
  /** The app, and its first key. */
  readonly original: string;
  readonly replacement: string;
  /** The old key may be in other hands: only these packages of it are its maker's. */
  readonly revokedBut?: readonly string[];
}

const REPLACED_KEYS: readonly ReplacedKey[] = [
  {
    // Paperwork
    original: 'vxe8awcxvtj6yu0vgjpm1tsaeu7x8v8tfp71tyvnm6ykkephu9q0',
    replacement: 'n8cn71407n4mezn7mg0k5kkm21juuphhecc24hdf9kf56zyxm4ah',
  },
  {
    // draw.io
    original: 'nfqhx83vvzm80edpgkpax8mhqp176qj2vwg67rgq5e3kjc5r4cyh',
    replacement: 'a3w50h1435gsxczugm16q0amwkqm9f4crykzea53sv61pt7phk8h',
    revokedBut: ['1450e0caa29b59ec938b3795bf17cb02', '738f0e56a9ca462e77245e3f392686d7'],
  },
  {
    // Wekan
    original: 'm86q05rdvj14yvn78ghaxynqz7u2svw6rnttptxx49g1785cdv1h',
    replacement: '6jz1aawur7kga7tdsj9kgpxx1yzh6xz1qmrpnqukcp1rekprd9f0',
  },
  {
    // WordPress
    original: 'aax9j672p6z8n7nyupzvj2nmumeqd4upa0f7mgu8gprwmy53x04h',
    replacement: 'zp00qqrha6gp8515ju84ys91syyq8ezv77g9s1r0t3urz92uzmqh',
  },
];

/** The app that a key signs for. */
export function appOfKey(signedBy: string): string {
  // A replacement can be replaced in turn.
  const entry = REPLACED_KEYS.find(({ replacement }) => replacement === signedBy);
  return entry === undefined ? signedBy : appOfKey(entry.original);
}

/** Whether nothing that this key signed counts, but for a few packages of which this is none. */
export function isRevoked(signedBy: string, packageId: string): boolean {
  return REPLACED_KEYS.some(
    ({ original, revokedBut }) =>
      original === signedBy && revokedBut !== undefined && !revokedBut.includes(packageId),
  );
}
