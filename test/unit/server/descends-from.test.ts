import { describe, expect, it } from 'vitest';
import { descendsFrom } from '../../../src/server/descends-from.js';
import { fakeHost } from '../../helpers/fake-host.js';

describe('descendsFrom', () => {
  const running = {
    10: { parent: 1 },
    20: { parent: 10 },
    30: { parent: 20 },
    40: { parent: 1 },
    50: { parent: 51 },
    51: { parent: 50 },
  };

  it.each([
    [10, true],
    [30, true],
    [40, false],
    [50, false],
    [99, false],
  ])('%i from 10: %s', async (pid, expected) => {
    expect(await descendsFrom(pid, 10, await fakeHost({ running }))).toBe(expected);
  });
});
