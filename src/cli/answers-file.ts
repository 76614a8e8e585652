import { parse } from 'ini';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';

const LIMIT = 64 * 1024;

/**
 * Reads an ini file of answers: `base_url = http://...`, one a line, `#` and `;` comments. Values under
 * `[install]`, `[update]` ... count for that command only and win over those at the top.
 * @param sections every name that a section may have
 * @throws Refusal E_ANSWERS_FILE
 */
export async function readAnswers(
  file: string,
  command: string,
  sections: ReadonlySet<string>,
  host: Host,
): Promise<Record<string, string>> {
  const text = await host.files.readText(file, LIMIT);
  if (text === undefined) throw answersRefused(file, 'there is no such file');
  return answersFor(parse(text), command, sections, file);
}

/** Pure: what the parsed ini file says to one command. */
export function answersFor(
  parsed: Readonly<Record<string, unknown>>,
  command: string,
  sections: ReadonlySet<string>,
  file: string,
): Record<string, string> {
  const top: Record<string, string> = {};
  const own: Record<string, string> = {};
  for (const [key, value] of Object.entries(parsed)) {
    if (!isSection(value)) top[normal(key)] = plain(key, value, file);
    // What stands under a misspelt name would count for nothing, and nobody would notice.
    else if (!sections.has(key)) throw answersRefused(file, `there is no command for its section [${key}]`);
    else if (key === command) {
      for (const [name, inner] of Object.entries(value)) own[normal(name)] = plain(name, inner, file);
    }
  }
  return { ...top, ...own };
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function plain(key: string, value: unknown, file: string): string {
  // ini turns `key[]` lines into lists, and bare `true`, `false`, `null` into their values.
  if (Array.isArray(value)) return value.map(String).join(',');
  if (value === null) return '';
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return String(value);
  throw answersRefused(file, `${key} has no plain value`);
}

function normal(key: string): string {
  return key.trim().toLowerCase().replaceAll('-', '_');
}

function answersRefused(file: string, why: string): Refusal {
  return new Refusal('E_ANSWERS_FILE', `cannot use the answers file ${file}: ${why}`, {
    hint: 'write one `key = value` a line, for example base_url = http://sandstorm.corp.lan:6080',
  });
}
