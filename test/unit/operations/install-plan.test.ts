import { describe, expect, it } from 'vitest';
import { describeUpdate } from '../../../src/operations/describe-change.js';
import { describeInstall } from '../../../src/operations/describe.js';
import {
  differences,
  isInstallPlan,
  planInstall,
  unfinishedWish,
  wantedSettings,
  type InstallFacts,
  type InstallWish,
} from '../../../src/operations/install-plan.js';
import { installTarget } from '../../../src/operations/install-target.js';
import type { Proof } from '../../../src/release/proof.js';
import { BUILT_IN_KEYS } from '../../../src/release/signature/keys.js';
import { planUpdate, type UpdateFacts } from '../../../src/update/plan.js';
import { UPDATE_FACTS } from '../../helpers/update-facts.js';

const WISH: InstallWish = {
  home: '/opt/sandstorm',
  baseUrl: 'http://box.lan:6080',
  wildcardHost: '*.box.lan:6080',
  ports: { http: [6080], mongo: 6081, smtp: 25 },
  bindIp: '0.0.0.0',
  serverUser: 'sandstorm',
  unprivileged: false,
};
const PROOF: Proof = { sha256: '0f', signedBy: [...BUILT_IN_KEYS], unsignedAllowed: false, newTrust: null };
const FACTS: InstallFacts = {
  release: 'sandstorm-308',
  tarball: '/media/usb/sandstorm-308.tar.xz',
  sha256: '0f',
  unpackedBytes: 744_000_000,
  proof: PROOF,
  before: { homeExisted: false, serviceExisted: false, userExisted: false },
  installScript: '/media/usb/install.sh',
  expectAddress: null,
  waive: [],
  scriptEnv: {},
  interrupted: undefined,
  stableSeconds: 30,
};

const UPDATE: UpdateFacts = { ...UPDATE_FACTS, proof: PROOF, channel: 'dev', target: 'different' };

const steps = (interrupted: InstallFacts['interrupted']): string[] =>
  planInstall(WISH, { ...FACTS, interrupted }).steps.map((step) => step.do);

describe('the plan of an installation', () => {
  it('is plain data: what comes back from the journal is what was planned', () => {
    const secretive = { ...WISH, keepTranscript: () => undefined, password: 'hunter2' };
    const plan = planInstall(secretive, FACTS);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(JSON.stringify(plan)).not.toContain('hunter2');
    expect(isInstallPlan(JSON.parse(JSON.stringify(plan)))).toBe(true);
  });

  it('begins at the beginning, cleans up first, or goes on', () => {
    const rest = ['write-conf', 'restart', 'prove-healthy'];
    expect(steps(undefined)).toEqual(['run-install-script', ...rest]);
    expect(steps({ run: 'r', release: 'sandstorm-307', scriptDone: false })).toEqual([
      'clean-up-interrupted',
      'run-install-script',
      ...rest,
    ]);
    expect(steps({ run: 'r', release: undefined, scriptDone: true })).toEqual(rest);
  });

  it('turns updates and developer accounts off, whatever else is wished', () => {
    expect(wantedSettings(WISH)).toMatchObject({ UPDATE_CHANNEL: 'none', ALLOW_DEV_ACCOUNTS: 'false' });
    expect(wantedSettings({ ...WISH, ports: { ...WISH.ports, http: [80, 6080], https: 443 } })).toMatchObject(
      {
        PORT: '80,6080',
        HTTPS_PORT: '443',
      },
    );
    expect(wantedSettings(WISH)).not.toHaveProperty('HTTPS_PORT');
  });
});

describe('what differs from the wish', () => {
  const asWished = wantedSettings(WISH);
  const found = (more: Record<string, string | undefined>): string[] =>
    differences(WISH, (key) => (key in more ? more[key] : asWished[key])).map(({ key }) => key);

  it('is nothing when the server reads it the same', () => {
    expect(found({})).toEqual([]);
    expect(found({ BASE_URL: 'http://box.lan:6080/' })).toEqual([]);
    expect(found({ ALLOW_DEV_ACCOUNTS: 'no' })).toEqual([]);
    expect(found({ ALLOW_DEV_ACCOUNTS: undefined })).toEqual([]);
  });

  it.each([
    ['BASE_URL', 'http://other.lan:6080'],
    ['WILDCARD_HOST', '*.other.lan:6080'],
    ['UPDATE_CHANNEL', 'dev'],
    ['UPDATE_CHANNEL', undefined],
    ['ALLOW_DEV_ACCOUNTS', 'yes'],
    ['MONGO_PORT', '6082'],
    ['BIND_IP', '127.0.0.1'],
    ['SERVER_USER', 'root'],
  ])('is %s=%s', (key, value) => {
    expect(found({ [key]: value })).toEqual([key]);
  });
});

describe('how it is asked whether it is well', () => {
  it('is by name, and by address only where DNS was waived', () => {
    expect(installTarget(WISH, 'sandstorm-308', ['port.smtp'])).not.toHaveProperty('directTo');
    expect(installTarget(WISH, 'sandstorm-308', ['dns.wildcard']).directTo).toEqual({
      address: '127.0.0.1',
      port: 6080,
    });
    expect(installTarget({ ...WISH, bindIp: '10.0.0.5' }, 'x', ['dns.base']).directTo?.address).toBe(
      '10.0.0.5',
    );
  });
});

describe('the addresses of a run that did not end', () => {
  const plan = planInstall(WISH, FACTS);
  it('are those it was told, until it is done', () => {
    const addresses = { baseUrl: WISH.baseUrl, wildcardHost: WISH.wildcardHost };
    expect(unfinishedWish({ plan, outcome: undefined })).toEqual(addresses);
    expect(unfinishedWish({ plan, outcome: 'failed' })).toEqual(addresses);
    expect(unfinishedWish({ plan, outcome: 'done' })).toBeUndefined();
    expect(unfinishedWish({ plan: { operation: 'update' }, outcome: undefined })).toBeUndefined();
    expect(unfinishedWish(undefined)).toBeUndefined();
  });
});

describe('the plan as people read it', () => {
  it('of an installation', () => {
    const text = describeInstall(planInstall(WISH, FACTS)).join('\n');
    for (const words of [
      'Install sandstorm-308 into /opt/sandstorm',
      'http://box.lan:6080, *.box.lan:6080',
      'HTTP 6080, database 6081, mail 25, on 0.0.0.0',
      'sandstorm (will be made)',
      'UPDATE_CHANNEL=none',
      'signed by Sandstorm (ed25519 and OpenPGP)',
      '744 MB',
      'stable for 30 s',
    ]) {
      expect(text).toContain(words);
    }
  });

  it('says whose word counts from then on, and what was let through', () => {
    const newTrust = {
      kind: 'openpgp' as const,
      fingerprint: 'AB'.repeat(20),
      reason: 'announced in issue 3779',
    };
    const proof: Proof = { sha256: '0f', signedBy: [], unsignedAllowed: true, newTrust };
    const wanted = [
      'not signed, as allowed',
      'Trusts     ABAB ABAB ABAB ABAB ABAB ABAB ABAB ABAB ABAB ABAB (OpenPGP) from now on: announced in issue 3779',
    ];
    const installed = describeInstall(planInstall(WISH, { ...FACTS, proof })).join('\n');
    for (const words of wanted) expect(installed).toContain(words);
    const updated = describeUpdate(planUpdate({ ...UPDATE, proof, downgradeAllowed: true })).join('\n');
    for (const words of wanted) expect(updated).toContain(words);
    expect(updated).toContain('From sandstorm-308 down to the older sandstorm-309');
  });

  it('of an update has a number for every step, and says when people are without the server', () => {
    const plan = planUpdate(UPDATE);
    const text = describeUpdate(plan).join('\n');
    expect(text).toContain('From sandstorm-308 to sandstorm-309');
    for (let number = 1; number <= plan.steps.length; number += 1)
      expect(text).toMatch(new RegExp(`^ +${number} {2}\\S`, 'm'));
    expect(text.indexOf('pause begins')).toBeLessThan(text.indexOf('pause ends'));
    expect(text).toContain('UPDATE_CHANNEL=none');
  });
});
