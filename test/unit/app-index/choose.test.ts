import { describe, expect, it } from 'vitest';
import { chooseApps, offeredVersions, withoutPinned } from '../../../src/app-index/choose.js';
import type { AppDecision, IndexDocument } from '../../../src/app-index/document.js';
import { app, plainRecord } from '../../helpers/plain-packages.js';

const [one, two, three] = [1, 2, 3].map((versionNumber) => plainRecord({ versionNumber }));
if (!one || !two || !three) throw new Error('three packages');
const all = [two, three, one];

const document = (decision: AppDecision = {}): IndexDocument => ({
  version: 1,
  title: 'Apps',
  servers: [],
  apps: { [app('a')]: decision },
});
const chosen = (decision: AppDecision = {}, records = all): string | undefined =>
  chooseApps(records, document(decision))[0]?.published?.entry.version;

describe('what of an app is listed', () => {
  it('is the package with the highest version number', () => expect(chosen()).toBe('3.0'));

  it('is the one that was approved, however new the others are', () =>
    expect(chosen({ pin: one.entry.packageId })).toBe('1.0'));

  it('is nothing when the approved one is not there', () => {
    const apps = chooseApps([three], document({ pin: one.entry.packageId }));
    expect(apps[0]?.published).toBeUndefined();
    expect(withoutPinned(apps).map(({ appId }) => appId)).toEqual([app('a')]);
  });

  it('is nothing when it is hidden', () => expect(chosen({ hidden: true })).toBeUndefined());

  it('is one and the same of two with one number, in whatever order they are found', () => {
    const early = plainRecord({ title: 'Early' }, '2026-01-01T00:00:00Z');
    const late = plainRecord({ title: 'Late' }, '2026-01-02T00:00:00Z');
    for (const records of [
      [early, late],
      [late, early],
    ]) {
      expect(chooseApps(records, document())[0]?.published?.entry.name).toBe('Late');
    }
  });

  it('stands under the ids of the apps, rising', () => {
    const records = ['c', 'a', 'd'].map((letter) => plainRecord({ letter }));
    expect(chooseApps(records, document()).map(({ appId }) => appId)).toEqual(['a', 'c', 'd'].map(app));
  });
});

describe('what else is offered', () => {
  const offered = (decision: AppDecision): string[] =>
    chooseApps(all, document(decision))
      .flatMap(offeredVersions)
      .map(({ entry }) => entry.version);

  it('is every older version', () => expect(offered({})).toEqual(['3.0', '2.0', '1.0']));
  it('is nothing newer than what was approved', () =>
    expect(offered({ pin: two.entry.packageId })).toEqual(['2.0', '1.0']));
  it('is nothing of a hidden app', () => expect(offered({ hidden: true })).toEqual([]));
});
