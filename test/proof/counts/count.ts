import { appendFileSync } from 'node:fs';

/** One case of the proof. */
export interface Case {
  readonly operation: string;
  readonly fault: string;
  readonly passed: boolean;
}

/** Where all test files of a run count; see print.ts. */
export const COUNTS_FILE = 'SANDSTORM_AIRGAP_PROOF_COUNTS';

/** Runs a case and counts it, however it ends. */
export async function counted<T>(operation: string, fault: string, work: () => Promise<T>): Promise<T> {
  let passed = false;
  try {
    const result = await work();
    passed = true;
    return result;
  } finally {
    const file = process.env[COUNTS_FILE];
    const one: Case = { operation, fault, passed };
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(one)}\n`);
  }
}
