import { describe, expect, it } from 'vitest';
import { spkFileName } from '../../../src/apps/file-name.js';
import { appOfKey, isRevoked } from '../../../src/apps/replaced-keys.js';

const DRAWIO = 'nfqhx83vvzm80edpgkpax8mhqp176qj2vwg67rgq5e3kjc5r4cyh';

describe('replaced keys', () => {
  it.each([
    [
      'n8cn71407n4mezn7mg0k5kkm21juuphhecc24hdf9kf56zyxm4ah',
      'vxe8awcxvtj6yu0vgjpm1tsaeu7x8v8tfp71tyvnm6ykkephu9q0',
    ],
    ['a3w50h1435gsxczugm16q0amwkqm9f4crykzea53sv61pt7phk8h', DRAWIO],
    [
      '6jz1aawur7kga7tdsj9kgpxx1yzh6xz1qmrpnqukcp1rekprd9f0',
      'm86q05rdvj14yvn78ghaxynqz7u2svw6rnttptxx49g1785cdv1h',
    ],
    [
      'zp00qqrha6gp8515ju84ys91syyq8ezv77g9s1r0t3urz92uzmqh',
      'aax9j672p6z8n7nyupzvj2nmumeqd4upa0f7mgu8gprwmy53x04h',
    ],
    [DRAWIO, DRAWIO],
  ])('%s signs for %s', (signedBy, app) => {
    expect(appOfKey(signedBy)).toBe(app);
  });

  it('of which one is revoked, but for two packages', () => {
    expect(isRevoked(DRAWIO, '0'.repeat(32))).toBe(true);
    expect(isRevoked(DRAWIO, '1450e0caa29b59ec938b3795bf17cb02')).toBe(false);
    expect(isRevoked(DRAWIO, '738f0e56a9ca462e77245e3f392686d7')).toBe(false);
    expect(isRevoked('m86q05rdvj14yvn78ghaxynqz7u2svw6rnttptxx49g1785cdv1h', '0'.repeat(32))).toBe(false);
    expect(isRevoked('a3w50h1435gsxczugm16q0amwkqm9f4crykzea53sv61pt7phk8h', '0'.repeat(32))).toBe(false);
  });
});

describe('spkFileName', () => {
  const nameOf = (title: string, marketingVersion: string): string =>
    spkFileName({ title, marketingVersion, packageId: 'e4a720632c8f9a76b6c1344ee2d7667a' });

  it.each([
    ['Rig Notes', '1.1.0', 'Rig-Notes-1.1.0-e4a72063.spk'],
    ['Überraschung, déjà vu!', '2.0 (β)', 'Uberraschung-deja-vu-2.0-e4a72063.spk'],
    ['日本', '', 'app-e4a72063.spk'],
    ['', '', 'app-e4a72063.spk'],
    ['../../etc/passwd', '$(reboot)', 'etc-passwd-reboot-e4a72063.spk'],
    ['-rf', '.hidden', 'rf-hidden-e4a72063.spk'],
    ['a\u202eb\0c\nd', '1\u001b[2J', 'a-b-c-d-1-2J-e4a72063.spk'],
    ['x'.repeat(300), '9'.repeat(300), `${'x'.repeat(60)}-${'9'.repeat(30)}-e4a72063.spk`],
  ])('makes %j %j to %s', (title, version, name) => {
    expect(nameOf(title, version)).toBe(name);
  });

  it('is nothing but safe characters, whatever the title', () => {
    for (let code = 0; code < 0x3000; code += 1) {
      expect(nameOf(String.fromCodePoint(code), String.fromCodePoint(code))).toMatch(
        /^[A-Za-z0-9_][\w.-]*\.spk$/,
      );
    }
  });
});
