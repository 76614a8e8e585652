import { Refusal } from '../errors.js';
import { finding, type Finding } from '../identity/finding.js';
import { judgeClock } from '../identity/saml/judge-metadata.js';
import { notSaml } from '../identity/saml/refusals.js';
import { decodeXml, XML_LIMITS } from '../identity/saml/xml.js';
import { warn } from '../preflight/check.js';
import type { Host, HttpAnswer } from '../system/host.js';

export interface ObtainedMetadata {
  readonly text: string;
  /** What could be seen on the way: clock, certificate of the address. */
  readonly findings: readonly Finding[];
}

/**
 * The provider's metadata, from a file or from the address that was named; no other host is asked.
 * @throws Refusal E_IO, E_SAML_FORMAT
 */
export async function obtainMetadata(source: string, host: Host): Promise<ObtainedMetadata> {
  if (!isAddress(source)) return { text: await fromFile(source, host), findings: [] };
  const before = host.clock.now();
  const answer = await ask(source, host);
  if (answer.status !== 200) throw notMetadataAnswer(source, answer);
  if (Buffer.byteLength(answer.body) >= XML_LIMITS.bytes) {
    throw notSaml(source, `it has more than ${XML_LIMITS.bytes} bytes`);
  }
  return { text: answer.body.replace(/^\uFEFF/, ''), findings: seenOnTheWay(source, answer, before) };
}

export function isAddress(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

async function fromFile(path: string, host: Host): Promise<string> {
  const bytes = await host.files.readBytes(path, XML_LIMITS.bytes);
  if (bytes === undefined) throw noFile(path);
  return decodeXml(bytes);
}

async function ask(url: string, host: Host): Promise<HttpAnswer> {
  try {
    return await host.http.get(url, { maxBytes: XML_LIMITS.bytes, timeoutMs: 20_000 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal('E_IO', `cannot fetch ${url}: ${why}`, {
      hint: 'save the metadata to a file on a machine that can, and give the file',
      cause: error,
    });
  }
}

function seenOnTheWay(url: string, { headers, tlsProblem }: HttpAnswer, before: Date): Finding[] {
  const theirs = Date.parse(headers.date ?? '');
  const found = Number.isNaN(theirs) ? [] : [judgeClock(theirs - Math.floor(before.getTime() / 1000) * 1000)];
  if (tlsProblem === undefined && url.toLowerCase().startsWith('https:')) return found;
  const line =
    tlsProblem === undefined
      ? 'fetched without encryption: anybody on the way could have put another certificate in'
      : `fetched from an address whose certificate this machine does not trust (${tlsProblem})`;
  const fix = ["compare the certificate's SHA-256 with what the provider's administrator reads out"];
  return [...found, finding('idp.origin', warn(line, { fix }))];
}

function notMetadataAnswer(url: string, { status, headers }: HttpAnswer): Refusal {
  const where = headers.location === undefined ? '' : ` and sends to ${headers.location}`;
  return notSaml(url, `the server answers with ${status}${where}`, 'give the address it sends to, or a file');
}

export function noFile(path: string): Refusal {
  return new Refusal('E_IO', `cannot read ${path}: there is no such file`, {
    hint: 'give the path of a file',
  });
}
