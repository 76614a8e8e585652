import { join } from 'node:path';
import {
  isWholePdf,
  MOST_PDF_BYTES,
  noPdfMade,
  noPdfProgram,
  PAGE,
  PDF,
  PDF_PROGRAMS,
  type PdfProgram,
} from '../runbook/pdf.js';
import type { Host } from '../system/host.js';

const LONGEST_MS = 90_000;

/** @throws Refusal E_RUNBOOK_PDF */
export async function findPdfProgram(output: string, host: Host): Promise<PdfProgram> {
  for (const program of PDF_PROGRAMS) {
    if ((await host.commands.which(program.name)) !== undefined) return program;
  }
  throw noPdfProgram(output);
}

/**
 * Prints a page that needs nothing but itself. The program gets a folder of its own, also as its home: it neither reads
 * nor changes what a person has in theirs.
 * @throws Refusal E_RUNBOOK_PDF
 */
export async function printPdf(
  html: string,
  program: PdfProgram,
  output: string,
  host: Host,
): Promise<Buffer> {
  const work = await host.files.makeTempDir('sandstorm-airgap-pdf-');
  try {
    await host.files.writeAtomic(join(work, PAGE), html, 0o600);
    const { exitCode, stderr } = await host.commands.run(
      program.name,
      program.args(work, host.user.uid === 0),
      {
        env: { HOME: work, XDG_CONFIG_HOME: work, XDG_CACHE_HOME: work, XDG_RUNTIME_DIR: work },
        cwd: work,
        timeoutMs: LONGEST_MS,
        signal: host.interrupted,
      },
    );
    const pdf = await host.files.readBytes(join(work, PDF), MOST_PDF_BYTES);
    if (exitCode !== 0 || pdf === undefined || !isWholePdf(pdf)) {
      throw noPdfMade(program, output, stderr.trimEnd().split('\n').at(-1) ?? '');
    }
    return pdf;
  } finally {
    await host.files.remove(work);
  }
}
