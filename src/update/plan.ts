import type { Proof } from '../release/proof.js';
import type { ServerPlan, SnapshotScope, Step } from './step.js';

/** safe: stopped, with a snapshot of the data. live: a shorter pause, and no way back for the data. */
export type Strategy = 'safe' | 'live';

export interface UpdatePlan extends ServerPlan {
  readonly operation: 'update';
  readonly tarball: string;
  /** Of the packed file that is unpacked, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly unpackedBytes: number;
  readonly proof: Proof;
  /** The build is older than the one installed, and --allow-downgrade said to go on. */
  readonly downgradeAllowed: boolean;
  readonly strategy: Strategy;
}

export interface UpdateFacts {
  readonly home: string;
  readonly from: string;
  readonly to: string;
  readonly tarball: string;
  readonly sha256: string;
  readonly unpackedBytes: number;
  readonly proof: Proof;
  readonly downgradeAllowed: boolean;
  readonly strategy: Strategy;
  readonly waive: readonly string[];
  readonly channel: string | undefined;
  /** The tarball is to be put in place; otherwise its build is there already and only has to come up well. */
  readonly unpack: boolean;
  readonly running: boolean;
  /** What HOME has under the new release's name: nothing, the very same, or something that is not trusted. */
  readonly target: 'absent' | 'whole' | 'different';
  readonly scope: SnapshotScope;
  /** Of what the snapshot will copy. */
  readonly snapshotBytes: number;
  /** The release has MongoDB 7 and the data are of an older one. */
  readonly migrate: boolean;
  readonly mongoBytes: number;
  /** A migration was cut off between moving the old data away and its end. */
  readonly halfMigrated: boolean;
  readonly keep: number;
  readonly stableSeconds: number;
}

/** Pure: everything that will happen, in order. */
export function planUpdate(facts: UpdateFacts): UpdatePlan {
  const { home, from, to, tarball, sha256, unpackedBytes, proof, downgradeAllowed, strategy } = facts;
  return {
    version: 2,
    operation: 'update',
    home,
    from,
    to,
    tarball,
    sha256,
    unpackedBytes,
    proof,
    downgradeAllowed,
    strategy,
    running: facts.running,
    waive: facts.waive,
    steps: strategy === 'live' ? liveSteps(facts) : safeSteps(facts),
  };
}

function safeSteps(facts: UpdateFacts): Step[] {
  const { unpack, running, target, migrate, halfMigrated, stableSeconds } = facts;
  // The same build started again leaves the data as they are, unless they are converted.
  const touchesData = unpack || migrate || halfMigrated;
  return [
    ...beforeThePause(facts),
    // A running server is only signalled by `sandstorm update` and may die unseen; stopped and started, each end is known.
    ...(running ? [{ do: 'stop' } as const] : []),
    // Only now: an older build would be deleted by the running one should that start anew.
    ...(unpack && target !== 'whole' ? [{ do: 'place', replaces: target === 'different' } as const] : []),
    ...(halfMigrated ? [{ do: 'repair-mongo' } as const] : []),
    ...(touchesData && facts.scope !== 'none'
      ? [{ do: 'snapshot', scope: facts.scope, bytes: facts.snapshotBytes } as const]
      : []),
    ...(unpack ? [{ do: 'sandstorm-update' } as const] : []),
    ...(migrate ? [{ do: 'migrate-mongo', bytes: facts.mongoBytes } as const] : []),
    { do: 'start' },
    { do: 'prove-healthy', stableSeconds },
    { do: 'commit', keep: facts.keep },
  ];
}

/** `sandstorm update` signals the running server, which becomes the new build under the same pid. */
function liveSteps(facts: UpdateFacts): Step[] {
  const { unpack, target, stableSeconds } = facts;
  return [
    ...beforeThePause(facts),
    ...(unpack && target !== 'whole' ? [{ do: 'place', replaces: target === 'different' } as const] : []),
    ...(unpack ? [{ do: 'sandstorm-update' } as const] : []),
    { do: 'start' },
    { do: 'prove-healthy', stableSeconds },
    { do: 'commit', keep: facts.keep },
  ];
}

function beforeThePause({ unpack, unpackedBytes, target, channel }: UpdateFacts): Step[] {
  return [
    ...(unpack ? [{ do: 'unpack', bytes: unpackedBytes, reuse: target === 'whole' } as const] : []),
    // The new build deletes lower ones as it starts, before its database is up: what is not kept now cannot come back.
    { do: 'keep', build: unpack },
    // `sandstorm update FILE` refuses while the channel is on.
    ...(channel === 'none' ? [] : [{ do: 'set-channel', from: channel ?? null } as const]),
  ];
}
