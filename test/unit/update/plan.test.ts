import { describe, expect, it } from 'vitest';
import { planUpdate, type UpdateFacts } from '../../../src/update/plan.js';

const PROOF = { sha256: '0f', signedBy: [], unsignedAllowed: true, newTrust: null };
const FACTS: UpdateFacts = {
  home: '/opt/sandstorm',
  from: 'sandstorm-308',
  to: 'sandstorm-309',
  tarball: '/media/usb/sandstorm-309.tar.xz',
  sha256: '0f',
  unpackedBytes: 744,
  proof: PROOF,
  downgradeAllowed: false,
  channel: 'none',
  unpack: true,
  running: true,
  targetExists: false,
  stableSeconds: 30,
};

const steps = (more: Partial<UpdateFacts>): string[] =>
  planUpdate({ ...FACTS, ...more }).steps.map((step) => step.do);

describe('the plan of an update', () => {
  it('is plain data that says all', () => {
    expect(planUpdate({ ...FACTS, channel: 'dev', targetExists: true })).toEqual({
      version: 1,
      operation: 'update',
      home: '/opt/sandstorm',
      from: 'sandstorm-308',
      to: 'sandstorm-309',
      tarball: '/media/usb/sandstorm-309.tar.xz',
      sha256: '0f',
      unpackedBytes: 744,
      proof: PROOF,
      downgradeAllowed: false,
      steps: [
        { do: 'set-channel', from: 'dev' },
        { do: 'stop' },
        { do: 'set-aside', folder: 'sandstorm-309' },
        { do: 'sandstorm-update' },
        { do: 'start' },
        { do: 'prove-healthy', stableSeconds: 30 },
      ],
    });
  });

  it.each<[Partial<UpdateFacts>, string[]]>([
    [{}, ['stop', 'sandstorm-update', 'start', 'prove-healthy']],
    [{ running: false }, ['sandstorm-update', 'start', 'prove-healthy']],
    [{ channel: undefined }, ['set-channel', 'stop', 'sandstorm-update', 'start', 'prove-healthy']],
    // Only this very word turns it off.
    [{ channel: 'None' }, ['set-channel', 'stop', 'sandstorm-update', 'start', 'prove-healthy']],
    [{ unpack: false, targetExists: true }, ['stop', 'start', 'prove-healthy']],
    [
      { unpack: false, targetExists: true, running: false, channel: 'dev' },
      ['set-channel', 'start', 'prove-healthy'],
    ],
  ])('with %j', (more, expected) => {
    expect(steps(more)).toEqual(expected);
  });
});
