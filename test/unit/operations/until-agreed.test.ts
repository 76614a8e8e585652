import { describe, expect, it } from 'vitest';
import { untilAgreed } from '../../../src/operations/until-agreed.js';
import { fakeHost } from '../../helpers/fake-host.js';

const forever = new Promise<never>(() => undefined);

describe('until the plan is agreed to', () => {
  it('hands on what the work gives, or throws', async () => {
    const host = await fakeHost();
    await expect(untilAgreed(host, () => Promise.resolve(5))).resolves.toBe(5);
    await expect(untilAgreed(host, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('ends at once when told to stop, whatever the work is at', async () => {
    const told = new AbortController();
    const host = { ...(await fakeHost()), interrupted: told.signal };
    const waiting = untilAgreed(host, () => forever);
    told.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'E_CANCELLED', exitCode: 1 });
    await expect(untilAgreed(host, () => forever)).rejects.toMatchObject({ code: 'E_CANCELLED' });
  });

  it('takes a failure that came with the signal for its echo', async () => {
    const told = new AbortController();
    const host = { ...(await fakeHost()), interrupted: told.signal };
    const work = async (): Promise<void> => {
      await Promise.resolve();
      told.abort();
      throw new Error('xz was killed');
    };
    await expect(untilAgreed(host, work)).rejects.toMatchObject({ code: 'E_CANCELLED' });
  });

  it('is not cut off by the signal itself, so that the caller can tidy up', async () => {
    const order: string[] = [];
    const host = {
      ...(await fakeHost()),
      async unbroken<T>(work: () => Promise<T>): Promise<T> {
        order.push('begins');
        return work().finally(() => order.push('ends'));
      },
    };
    await untilAgreed(host, () => Promise.resolve(order.push('works')));
    expect(order).toEqual(['begins', 'works', 'ends']);
  });
});
