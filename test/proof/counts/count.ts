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
export async function counted(operation: string, fault: string, work: () => Promise<void>): Promise<void> {
  let passed = false;
  try {
    await work();
    passed = true;
  } finally {
    const file = process.env[COUNTS_FILE];
    const one: Case = { operation, fault, passed };
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(one)}\n`);
  }
}
