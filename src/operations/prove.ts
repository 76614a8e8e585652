import {
  complaints,
  isHealthy,
  proveHealthy,
  type HealthProof,
  type HealthTarget,
} from '../server/health.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { count, duration } from '../words.js';

/** How long is waited for what, in milliseconds. */
export interface Patience {
  readonly startTimeoutMs: number;
  readonly stableMs: number;
  readonly scriptTimeoutMs: number;
}

/** Waits for health on the screen. An unwell server is a result, so that the caller can go back. */
export async function proveWithProgress(
  target: HealthTarget,
  patience: Patience,
  host: Host,
  ui: Ui,
): Promise<HealthProof> {
  const outcome: { proof?: HealthProof } = {};
  await ui
    .step('Healthy', async (progress) => {
      const proof = await proveHealthy(
        target,
        {
          ...patience,
          onReading: (reading, stableFor) =>
            progress.detail(
              isHealthy(reading)
                ? `answers; stable for ${duration(stableFor)} of ${duration(patience.stableMs)}`
                : `waiting: ${complaints(reading)[0] ?? ''}`,
            ),
        },
        host,
      );
      outcome.proof = proof;
      if (!proof.healthy && host.interrupted.aborted)
        throw new Error('stopped before it was seen to be well');
      if (!proof.healthy) throw new Error(complaints(proof.reading).join('; ') || 'it did not stay well');
      const tls =
        proof.reading.tlsProblem === undefined
          ? ''
          : `; certificate not trusted here: ${proof.reading.tlsProblem}`;
      progress.detail(
        `${target.release ?? 'server'}, self-test answered on ${count(proof.namesAnswered, 'random name')}, stable for ${duration(patience.stableMs)}${tls}`,
      );
    })
    .catch((error: unknown) => {
      if (outcome.proof === undefined) throw error;
    });
  if (outcome.proof === undefined) throw new Error('health was not read');
  return outcome.proof;
}
