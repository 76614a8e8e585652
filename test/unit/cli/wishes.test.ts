import { describe, expect, it } from 'vitest';
import { patienceFor, portsFor, proofWishes } from '../../../src/cli/wishes.js';

const NONE = { port: undefined, httpsPort: undefined, mongoPort: undefined, smtpPort: undefined };

describe('the ports', () => {
  it.each([
    ['http://x:7080', NONE, { http: [7080], mongo: 6081, smtp: 25 }],
    ['http://x', NONE, { http: [80], mongo: 6081, smtp: 25 }],
    // Somebody else speaks https for it.
    ['https://x', NONE, { http: [6080], mongo: 6081, smtp: 25 }],
    ['https://x', { ...NONE, httpsPort: 443 }, { http: [6080], https: 443, mongo: 6081, smtp: 25 }],
    ['http://x:7080', { ...NONE, port: [1, 2] }, { http: [1, 2], mongo: 6081, smtp: 25 }],
    ['http://x:7080', { ...NONE, mongoPort: 9, smtpPort: 8 }, { http: [7080], mongo: 9, smtp: 8 }],
    // What nobody chose must not collide with what somebody did.
    ['http://x:6081', NONE, { http: [6081], mongo: 6082, smtp: 25 }],
    ['http://x', { ...NONE, port: [6081, 6082] }, { http: [6081, 6082], mongo: 6083, smtp: 25 }],
    ['https://x:6080', { ...NONE, httpsPort: 6080 }, { http: [6081], https: 6080, mongo: 6082, smtp: 25 }],
    ['http://x:7080', { ...NONE, smtpPort: 6081 }, { http: [7080], mongo: 6082, smtp: 6081 }],
  ])('of %s', (baseUrl, given, expected) => {
    expect(portsFor(baseUrl, given, false)).toEqual(expected);
  });

  it('for mail is one that needs no root where there is none', () => {
    expect(portsFor('http://x:7080', NONE, true).smtp).toBe(30025);
    expect(portsFor('http://x:30025', NONE, true).smtp).toBe(30026);
  });
});

it('patience is in milliseconds, and half a minute when nothing was said', () => {
  expect(patienceFor({ stableFor: undefined, startTimeout: undefined })).toMatchObject({
    stableMs: 30_000,
    startTimeoutMs: 120_000,
  });
  expect(patienceFor({ stableFor: 0.5, startTimeout: 9 })).toMatchObject({
    stableMs: 500,
    startTimeoutMs: 9000,
  });
});

describe('the proof wished for', () => {
  const key = { kind: 'openpgp', fingerprint: 'AB'.repeat(20) } as const;
  const values = {
    allowUnsigned: undefined,
    keyFile: undefined,
    trustKey: undefined,
    trustReason: undefined,
  };
  const need = (() => Promise.resolve('announced')) as unknown as Parameters<typeof proofWishes>[0]['need'];
  const nobody = (() => Promise.reject(new Error('asked'))) as unknown as typeof need;

  it('is all of it, without a question, when nothing was said', async () => {
    const wish = { allowUnsigned: false, keyFile: undefined, trustKey: undefined };
    await expect(proofWishes({ values, need: nobody })).resolves.toEqual(wish);
    // A reason that lies in the answers file for another day.
    await expect(proofWishes({ values: { ...values, trustReason: 'x' }, need: nobody })).resolves.toEqual(
      wish,
    );
  });

  it('wants the reason for a key', async () => {
    const given = { ...values, allowUnsigned: true, keyFile: '/key', trustKey: key };
    await expect(proofWishes({ values: given, need })).resolves.toEqual({
      allowUnsigned: true,
      keyFile: '/key',
      trustKey: { ...key, reason: 'announced' },
    });
    await expect(proofWishes({ values: given, need: nobody })).rejects.toThrow('asked');
  });
});
