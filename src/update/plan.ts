import type { Proof } from '../release/proof.js';

/** One thing an update does. `pause` tells whether people are without the server meanwhile. */
export type UpdateStep =
  | { readonly do: 'set-channel'; readonly from: string | undefined }
  | { readonly do: 'stop' }
  | { readonly do: 'set-aside'; readonly folder: string }
  | { readonly do: 'sandstorm-update' }
  | { readonly do: 'start' }
  | { readonly do: 'prove-healthy'; readonly stableSeconds: number };

/** Plain data: printed by --dry-run, stored in the journal, carried out by the operation. */
export interface UpdatePlan {
  readonly version: 1;
  readonly operation: 'update';
  readonly home: string;
  /** Folder names: "sandstorm-308", "sandstorm-309". */
  readonly from: string;
  readonly to: string;
  readonly tarball: string;
  readonly sha256: string;
  readonly unpackedBytes: number;
  readonly proof: Proof;
  /** The build is older than the one installed, and --allow-downgrade said to go on. */
  readonly downgradeAllowed: boolean;
  readonly steps: readonly UpdateStep[];
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
  readonly channel: string | undefined;
  /** The tarball is to be put in place; otherwise its build is there already and only has to come up well. */
  readonly unpack: boolean;
  readonly running: boolean;
  /** HOME has a folder of the new release's name already. */
  readonly targetExists: boolean;
  readonly stableSeconds: number;
}

/** Pure: everything that will happen, in order. */
export function planUpdate(facts: UpdateFacts): UpdatePlan {
  const { channel, unpack, running, targetExists, stableSeconds, ...rest } = facts;
  const steps: UpdateStep[] = [
    // `sandstorm update FILE` refuses while the channel is on.
    ...(channel === 'none' ? [] : [{ do: 'set-channel' as const, from: channel }]),
    // A running server is only signalled and may die unseen; stopped and started, each end is known.
    ...(running ? [{ do: 'stop' as const }] : []),
    // `sandstorm update` keeps a folder of that name as it is, even a torn one.
    ...(unpack && targetExists ? [{ do: 'set-aside' as const, folder: facts.to }] : []),
    ...(unpack ? [{ do: 'sandstorm-update' as const }] : []),
    { do: 'start' },
    { do: 'prove-healthy', stableSeconds },
  ];
  return { version: 1, operation: 'update', ...rest, steps };
}
