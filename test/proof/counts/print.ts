import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COUNTS_FILE, type Case } from './count.js';

/** Before all test files of the proof; what it returns comes after them. */
export default function countCases(): () => void {
  const dir = mkdtempSync(join(tmpdir(), 'airgap-proof-counts-'));
  const file = join(dir, 'cases.ndjson');
  writeFileSync(file, '');
  process.env[COUNTS_FILE] = file;
  return () => {
    const cases = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Case);
    rmSync(dir, { recursive: true, force: true });
    console.log(`\n${table(cases)}\n`);
  };
}

/** A line per operation and fault, and one for all. */
export function table(cases: readonly Case[]): string {
  const rows = new Map<string, { cases: number; passed: number }>();
  for (const { operation, fault, passed } of cases) {
    const key = `${operation.padEnd(20)}${fault}`;
    const row = rows.get(key) ?? { cases: 0, passed: 0 };
    rows.set(key, { cases: row.cases + 1, passed: row.passed + (passed ? 1 : 0) });
  }
  const lines = [...rows]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, row]) => line(key, row));
  const all = { cases: cases.length, passed: cases.filter(({ passed }) => passed).length };
  return ['Cases of the proof', ...lines, line('all', all)].join('\n');
}

function line(key: string, { cases, passed }: { cases: number; passed: number }): string {
  const failed = cases === passed ? '' : `, ${String(cases - passed)} FAILED`;
  return `  ${key.padEnd(48)}${String(cases).padStart(5)} cases${failed}`;
}
