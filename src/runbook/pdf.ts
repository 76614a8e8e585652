import { join } from 'node:path';
import { Refusal } from '../errors.js';

/** A program that makes a PDF of a page. */
export interface PdfProgram {
  /** As it is called on PATH. */
  readonly name: string;
  /** Pure. @param work a folder of its own, with page.html in it, where page.pdf is to be */
  args(work: string, isRoot: boolean): string[];
}

export const PAGE = 'page.html';
export const PDF = 'page.pdf';

/** A runbook has few pages. */
export const MOST_PDF_BYTES = 32 * 1024 * 1024;

/**
 * Whatever the page holds (a house's template, a name out of a hostile tarball), it neither runs nor goes out: its own
 * policy forbids that, and no name is found anywhere. (Scripts cannot be switched off here: printing uses them.) A
 * browser also calls home by itself, unless told not to.
 */
const browser = (name: string): PdfProgram => ({
  name,
  args: (work, isRoot) => [
    '--headless',
    // Chromium refuses root otherwise. Nothing runs in the page that its sandbox would hold.
    ...(isRoot ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-quic',
    '--disable-extensions',
    '--disable-sync',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-default-apps',
    '--no-first-run',
    '--no-default-browser-check',
    '--no-proxy-server',
    '--host-resolver-rules=MAP * ~NOTFOUND',
    `--user-data-dir=${join(work, 'profile')}`,
    '--no-pdf-header-footer',
    `--print-to-pdf=${join(work, PDF)}`,
    `file://${join(work, PAGE)}`,
  ],
});

/** The first that is there is taken. */
export const PDF_PROGRAMS: readonly PdfProgram[] = [
  ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map(browser),
  { name: 'weasyprint', args: (work) => [join(work, PAGE), join(work, PDF)] },
];

/** Pure. */
export function isWholePdf(bytes: Buffer): boolean {
  return bytes.subarray(0, 5).toString('latin1') === '%PDF-' && bytes.subarray(-32).includes('%%EOF');
}

export function noPdfProgram(output: string): Refusal {
  const names = PDF_PROGRAMS.map(({ name }) => name).join(', ');
  return new Refusal('E_RUNBOOK_PDF', `nothing on this machine makes a PDF: there is none of ${names}`, {
    hint: printInstead(output),
  });
}

export function noPdfMade({ name }: PdfProgram, output: string, said: string): Refusal {
  return new Refusal('E_RUNBOOK_PDF', `${name} has made no PDF${said === '' ? '' : `: ${said}`}`, {
    hint: printInstead(output),
  });
}

function printInstead(output: string): string {
  return `give --output ${output.replace(/(?:\.pdf)?$/i, '.html')} instead, and print that in a browser`;
}
