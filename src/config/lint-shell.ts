import type { LintFinding } from './lint.js';
import { assignments, type Assignment, type ConfDocument } from './sandstorm-conf.js';

/**
 * install.sh and many an administrator's script read the file with `. sandstorm.conf`. To bash a line
 * can mean something else than to the server, or be a command to run, with root's rights.
 */
export function lintShell(document: ConfDocument): LintFinding[] {
  const findings = assignments(document).flatMap((assignment) => {
    const why = hazard(assignment);
    return why === undefined ? [] : [finding(assignment.number, `read by a shell script, ${why}`)];
  });
  const crlf = document.lines.find(({ raw }) => raw.endsWith('\r\n'));
  if (crlf !== undefined) {
    const why =
      'Windows line ends: fine for the server, but a shell script gets values with a carriage return';
    findings.push(finding(crlf.number, why));
  }
  return findings;
}

function hazard({ key, value, raw, valueStart }: Assignment): string | undefined {
  const before = raw.slice(0, valueStart);
  if (/\s=|=\s/.test(before) && value !== '')
    return `the blanks beside "=" make this a command ("${key.split(/\s/)[0] ?? ''}")`;
  if (/[`]|\$\(/.test(value)) return 'the value holds a command that would be run';
  if (/[;&|<>()]/.test(value))
    return 'the value ends at a ; & | < > ( or ), and the rest may be run as a command';
  if (/[$\\"']/.test(value)) return 'the value changes: $, backslash and quotes mean something there';
  if (/\s/.test(value)) return 'what follows the blank would be run as a command';
  return undefined;
}

function finding(line: number, message: string): LintFinding {
  return { level: 'warning', code: 'SHELL', line, message, kills: false };
}
