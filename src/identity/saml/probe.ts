import { fail, pass, warn } from '../../preflight/check.js';
import type { Host, HttpAnswer } from '../../system/host.js';
import { finding, type Finding } from '../finding.js';
import { decodeResponse, statusOf } from './captured.js';
import { readXml } from './xml.js';

const MOST_HOPS = 8;
const PAGE_BYTES = 256 * 1024;

export interface LastAnswer {
  readonly url: string;
  readonly answer: HttpAnswer;
  /** Where it sends the browser, on a host that nobody named. */
  readonly elsewhere: string | undefined;
}

/**
 * Goes where a browser would be sent, up to the page a person sees. Only the entry point's own host is asked: an
 * administrator named that one.
 * @throws Error with a plain sentence when there is no answer
 */
export async function followLogin(start: string, host: Host): Promise<LastAnswer> {
  const cookies = new Map<string, string>();
  let url = new URL(start);
  for (let hop = 0; ; hop += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await host.http.get(url.href, {
      headers: cookie === '' ? {} : { Cookie: cookie },
      maxBytes: PAGE_BYTES,
      timeoutMs: 20_000,
    });
    for (const [name, value] of cookiesOf(answer)) cookies.set(name, value);
    const next = redirection(answer, url);
    if (next === undefined) return { url: url.href, answer, elsewhere: undefined };
    if (next.host !== url.host) return { url: url.href, answer, elsewhere: next.href };
    if (hop === MOST_HOPS) throw new Error('it sends the browser round in circles');
    url = next;
  }
}

/** What the page means for a login. Pure. */
export function judgeLoginPage({ url, answer, elsewhere }: LastAnswer): Finding[] {
  const found = [finding('idp.login-page', page(answer, elsewhere))];
  if (answer.tlsProblem !== undefined) {
    const line = `${new URL(url).host}: this machine does not trust its certificate (${answer.tlsProblem})`;
    found.push(
      finding('idp.tls', warn(line, { fix: ['see that browsers do; the house CA must be known to them'] })),
    );
  }
  return found;
}

function page({ status, headers, body }: HttpAnswer, elsewhere: string | undefined) {
  if (elsewhere !== undefined) return pass(`sends the browser on to ${new URL(elsewhere).origin}`);
  const refused = refusalIn(body);
  const fix = ['its log says why; does it know this service by its entity id and consumer address?'];
  if (refused !== undefined) return fail(`the provider answers without a login: ${refused}`, { fix });
  if (status === 401 && /\b(?:negotiate|ntlm|basic)\b/i.test(headers['www-authenticate'] ?? '')) {
    return pass('asks the browser for a login (HTTP authentication)');
  }
  const title = titleOf(body);
  const hasPassword = /<input\b[^>]*\btype\s*=\s*["']?password/i.test(body);
  if (status >= 400) return fail(`the provider answers with ${status}: ${title}`, { fix });
  // SimpleSAMLphp and AD FS say 200 all the same; MSIS and digits is how AD FS numbers its errors.
  if (!hasPassword && (ERROR_WORDS.test(title) || /\bMSIS\d{3,5}\b/.test(body))) {
    return fail(`the provider answers with an error: ${title}`, { fix });
  }
  if (status >= 300 || !hasPassword) {
    return warn(`an answer without a field for a password: ${title}`, {
      fix: ['open the entry point in a browser and look'],
    });
  }
  return pass(`a login page: ${title}`);
}

const ERROR_WORDS = /\b(?:error|fault|not found|not registered|unknown|unsupported|invalid|denied|sorry)\b/i;

/** Some providers send an error back to the service at once, in a form that sends itself. */
function refusalIn(body: string): string | undefined {
  const input = /<input\b[^>]*\bname\s*=\s*["']SAMLResponse["'][^>]*>/i.exec(body)?.[0];
  const value = input === undefined ? undefined : /\bvalue\s*=\s*["']([^"']*)["']/i.exec(input)?.[1];
  if (value === undefined) return undefined;
  try {
    return statusOf(readXml(decodeResponse(value.replace(/&#(?:x0*a|0*10|x0*d|0*13);/gi, '')))).said;
  } catch {
    return 'an answer that cannot be read';
  }
}

function redirection({ status, headers }: HttpAnswer, from: URL): URL | undefined {
  const { location } = headers;
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  if (!URL.canParse(location, from)) return undefined;
  const next = new URL(location, from);
  return /^https?:$/.test(next.protocol) ? next : undefined;
}

/** Several Set-Cookie headers come joined with commas, and dates in them have commas, too. */
function cookiesOf({ headers }: HttpAnswer): [string, string][] {
  const parts = (headers['set-cookie'] ?? '').split(/,(?=\s*[^\s;,=]+=)/);
  return parts.flatMap((part): [string, string][] => {
    const [, name, value = ''] = /^\s*([^\s;,=]+)=([^;\r\n]*)/.exec(part) ?? [];
    return name === undefined ? [] : [[name, value]];
  });
}

function titleOf(body: string): string {
  const title = /<title[^>]*>([^<]{1,400})/i.exec(body)?.[1] ?? /<h1[^>]*>([^<]{1,400})/i.exec(body)?.[1];
  // eslint-disable-next-line no-control-regex -- a page must not steer the terminal
  const plain = (title ?? '').replace(/[\0-\x1f\x7f-\x9f]+/g, ' ').trim();
  return plain === '' ? 'a page without a title' : `"${plain.slice(0, 120)}"`;
}
