import { armoured, base64Blocks, type Span } from './blocks.js';
import { knownPattern, type KnownSecret } from './known.js';
import { base64Decoded, percentDecoded, readable } from './readable.js';
import { looksRandom } from './random-looking.js';

export const KINDS = [
  'known',
  'key',
  'block',
  'encoded',
  'link',
  'session',
  'url',
  'header',
  'field',
  'mail',
  'token',
] as const;
/** What it was that was taken out. */
export type Kind = (typeof KINDS)[number];

export interface Redacted {
  readonly text: string;
  /** How often each was taken out; those that were not are missing. */
  readonly counts: Readonly<Partial<Record<Kind, number>>>;
}

/**
 * A text without its secrets: those that are known, and whatever has the form of one. It rather takes out too much: a
 * hash is no loss to whoever helps. What is taken out leaves `[redacted KIND]`. Pure; linear in the length of the text,
 * whoever wrote it.
 */
export function redact(text: string, known: readonly KnownSecret[] = []): Redacted {
  return new Redaction(knownPattern(known)).all(text);
}

/** The same for many texts. */
export function redactor(known: readonly KnownSecret[]): (text: string) => Redacted {
  const pattern = knownPattern(known);
  return (text) => new Redaction(pattern).all(text);
}

/** Encodings within encodings; more than that nobody does by chance. */
const DEEPEST = 3;

class Redaction {
  private readonly counts: Partial<Record<Kind, number>> = {};

  constructor(
    private readonly known: RegExp | undefined,
    private readonly depth = 0,
  ) {}

  all(given: string): Redacted {
    let text = readable(given);
    if (this.known !== undefined) text = text.replaceAll(this.known, () => this.mark('known'));
    text = this.cut(text, armoured(text), 'key');
    text = this.cut(text, base64Blocks(text), 'block');
    text = this.encoded(text);
    text = this.links(text);
    text = text.replaceAll(SESSION_HOST, (_, kind: string) => `${kind}-${this.mark('session')}`);
    text = this.urls(text);
    text = this.fields(text);
    text = text.replaceAll(MAIL, (found, domain: string) => (UNIT.test(domain) ? found : this.mark('mail')));
    text = this.tokens(text);
    return { text, counts: this.counts };
  }

  private mark(kind: Kind): string {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    return `[redacted ${kind}]`;
  }

  private cut(text: string, spans: readonly Span[], kind: Kind): string {
    let kept = '';
    let at = 0;
    for (const { from, to } of spans) {
      kept += text.slice(at, from) + this.mark(kind);
      at = to;
    }
    return kept + text.slice(at);
  }

  /** Whether there would be something to take out of what is written in another way. */
  private hides(decoded: string | undefined): boolean {
    if (decoded === undefined || this.depth >= DEEPEST) return false;
    return Object.keys(new Redaction(this.known, this.depth + 1).all(decoded).counts).length > 0;
  }

  private encoded(text: string): string {
    return text
      .replaceAll(WORD, (word) =>
        PERCENT.test(word) && this.hides(percentDecoded(word)) ? this.mark('encoded') : word,
      )
      .replaceAll(BASE64, (run) => (this.hides(base64Decoded(run)) ? this.mark('encoded') : run));
  }

  /** Whoever has such a link has what it leads to. It may go on in the next line. */
  private links(text: string): string {
    return text.replaceAll(LINK, (_, path: string) => `${path}${this.mark('link')}`);
  }

  private urls(text: string): string {
    return text
      .replaceAll(WEBKEY, (_, url: string) => `${url}#${this.mark('token')}`)
      .replaceAll(URL_USER, (_, scheme: string) => `${scheme}${this.mark('url')}@`);
  }

  private fields(text: string): string {
    const out =
      (kind: Kind) =>
      (_: string, name: string, quote: string | undefined, escaped: string | undefined): string => {
        const mark = quote ?? escaped ?? '';
        return `${name}${mark}${this.mark(kind)}${mark}`;
      };
    return text
      .replaceAll(HEADER, out('header'))
      .replaceAll(QUERY_FIELD, (_, name: string) => `${name}${this.mark('field')}`)
      .replaceAll(FIELD, out('field'))
      .replaceAll(SCHEME_TOKEN, (_, scheme: string) => `${scheme} ${this.mark('header')}`);
  }

  private tokens(text: string): string {
    return text.replaceAll(RUN, (run, at: number) =>
      looksRandom(run, text.slice(Math.max(0, at - 24), at)) ? this.mark('token') : run,
    );
  }
}

/** A word as far as it could be one of a URL. */
const WORD = /[^\s"'<>`]+/g;
const PERCENT = /%[0-9a-f]{2}/i;
const BASE64 = /[A-Za-z0-9+/_-]{12,}={0,2}/g;

/** The text of a link's token, which may be broken once more than it is long. */
const PIECES = '[\\w-]+(?:(?:\\n[ \\t>]{0,8}|\\\\n)[\\w-]{6,}(?=\\s|\\\\n|["\'<>)]|$))?';
const LINK = new RegExp(
  `(/(?:setup/token|shared|invite|invites|attach|token-login|verify-email|reset-password|enroll-account|_token)/)(?!\\[redacted )${PIECES}`,
  'gi',
);
/** Host names of one session, which let whoever knows them in. */
const SESSION_HOST = /\b(ui|api|static|public|selftest|session)-[0-9a-z]{16,64}\b/gi;

/** `https://api-….example.com#TOKEN` */
const WEBKEY = /(\bhttps?:\/\/[^\s"'<>#]{1,300})#(?!\[redacted )[A-Za-z0-9_-]{16,}/gi;
/** Up to the last @ that can still be one before the host: people write passwords with slashes into it. */
const URL_USER = /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)(?!\[redacted )[^\s"'<>@]{1,300}@/gi;

/** What tells nothing, or is looked into by itself: a value that is none, the beginning of an object, what is out already. */
const NO_VALUE =
  '(?!\\[redacted |(?:true|false|null|undefined|none|yes|no|)(?:[,;)}\\]\\s]|$)|\\\\{0,4}["\'](?:\\[redacted |\\\\{0,4}["\'])|[{[][ \\t]*(?:\\\\{0,4}["\'{[\\]}]|\\n|$|[\\w$]{1,40}[ \\t]*:))';
/** A string with what is escaped in it, a string within a string, or the rest of the line. */
const VALUE = `${NO_VALUE}(?:(["'])(?:\\\\[^\\n]|(?!\\2)[^\\n\\\\]){0,4000}\\2|(\\\\{1,4}["'])(?:(?!\\3)[^\\n]){0,4000}\\3|[^\\n]{1,4000})`;
const HEADER = new RegExp(
  `((?:proxy-)?authorization\\\\{0,4}["']?[ \\t]{0,8}(?:=>|=(?!>)|:)[ \\t]{0,8}|(?:set-)?cookie2?\\\\{0,4}["']?[ \\t]{0,8}(?:=>|=(?!>)|:)[ \\t]{0,8}|\\bx-[a-z-]{0,30}(?:key|token|auth|secret|session|user-id|handle)\\\\{0,4}["']?[ \\t]{0,8}[:=][ \\t]{0,8})${VALUE}`,
  'gi',
);
const SECRET_NAME =
  '[a-z0-9_.-]{0,40}(?:pass(?:w|wd|word|phrase|code)?|pwd|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credentials?|bind[_-]?pw|bind[_-]?credentials?|sandcats[_-]?key|session|session[_-]?id|csrf|nonce|otp|hostid)(?:[_.-][a-z0-9_.-]{0,40}|s)?';
/** In a query it ends where the next one begins. */
const QUERY_FIELD = new RegExp(`([?&;]${SECRET_NAME}=)(?!\\[redacted )[^\\s&;"'<>#]+`, 'gi');
const FIELD = new RegExp(
  `((?<![a-z0-9])${SECRET_NAME}\\\\{0,4}["']?[ \\t]{0,8}(?:=>|=(?!>)|:)[ \\t]{0,8})${VALUE}`,
  'gi',
);
const SCHEME_TOKEN = /\b(bearer|basic|negotiate|digest)[ \t]+(?!\[redacted )[A-Za-z0-9+/_.~-]{8,}={0,2}/gi;

const MAIL =
  /[\p{L}\p{N}._%+'-]{1,64}@(?:=?\n[ \t>]{0,8})?((?:[\p{L}\p{N}-]{1,63}\.){0,8}[\p{L}\p{N}-]{1,63})/gu;
/** user@1000.service is nobody's address. */
const UNIT = /\.(?:service|slice|scope|socket|target|timer|mount|device)$/;
const RUN = /[A-Za-z0-9+/_-]{16,}={0,2}/g;
