/**
 * What install.sh asks and what we answer: pure, text in, decisions out.
 *
 * A prompt is bold, ends with its default in brackets and has no newline:
 * ESC[1m<question> [<default>]ESC[0m<space>. Questions are told by their words, loosely, since
 * their wording and the hosts named in them differ from one script to the next; never by their position.
 */

/** What the installation shall be. Ports in numbers, home absolute. */
export interface Answers {
  readonly home: string;
  readonly baseUrl: string;
  readonly wildcardHost: string;
  readonly httpPort: number;
  readonly mongoPort: number;
  readonly smtpPort: number;
  readonly serverUser: string;
  readonly localhostOnly: boolean;
}

export type Reaction =
  | { readonly kind: 'wait' }
  | { readonly kind: 'answer'; readonly question: string; readonly text: string }
  | { readonly kind: 'stop'; readonly question: string; readonly why: string };

interface Known {
  readonly asks: RegExp;
  readonly answer: (answers: Answers) => string;
}

/** Development mode, customised: the one way through that makes no developer accounts, asks for no Sandcats name and is off the update channel from the first start. */
const KNOWN: readonly Known[] = [
  { asks: /how are you going to use/, answer: () => '2' },
  { asks: /accept defaults.*customi[sz]e/, answer: () => 'no' },
  { asks: /localhost only/, answer: ({ localhostOnly }) => (localhostOnly ? 'yes' : 'no') },
  { asks: /where would you like to put/, answer: ({ home }) => home },
  { asks: /inbound smtp/, answer: ({ smtpPort }) => String(smtpPort) },
  { asks: /user account to run/, answer: ({ serverUser }) => serverUser },
  { asks: /user account .*doesn't exist/, answer: () => 'yes' },
  { asks: /add user .* to group/, answer: () => 'no' },
  { asks: /keep sandstorm updated|automatic(ally)? .*update/, answer: () => 'no' },
  { asks: /dev accounts/, answer: () => 'no' },
  { asks: /main http port/, answer: ({ httpPort }) => String(httpPort) },
  { asks: /database port/, answer: ({ mongoPort }) => String(mongoPort) },
  { asks: /url users will enter/, answer: ({ baseUrl }) => baseUrl },
  { asks: /wildcard host/, answer: ({ wildcardHost }) => wildcardHost },
  { asks: /at system boot/, answer: () => 'yes' },
  { asks: /subdomain would you like/, answer: () => 'none' },
  { asks: /error report/, answer: () => 'no' },
];

const ESC = String.fromCharCode(27);
const PROMPT = new RegExp(`${ESC}\\[1m((?:(?!${ESC}\\[1m)[\\s\\S])*?) ?\\[([^\\n]*)\\]${ESC}\\[0m $`);
const ANSI = new RegExp(`${ESC}\\[[0-9;?]*[A-Za-z]`, 'g');

export interface Dialogue {
  /** Takes what the terminal wrote since the last call. */
  hear(text: string): Reaction;
}

export function createDialogue(answers: Answers): Dialogue {
  let pending = '';
  const asked = new Map<string, number>();

  return {
    hear(text) {
      // A prompt is short; what came long before it cannot be part of it.
      pending = (pending + text).slice(-8192);
      const found = PROMPT.exec(pending);
      if (found === null) return { kind: 'wait' };
      const before = plainText(pending.slice(0, found.index));
      pending = '';

      const question = plainText(found[1] ?? '').trim();
      const known = KNOWN.find(({ asks }) => asks.test(question.toLowerCase().replaceAll(/\s+/g, ' ')));
      if (known === undefined) return { kind: 'stop', question, why: 'this question is not known' };

      const times = (asked.get(question) ?? 0) + 1;
      asked.set(question, times);
      // Asked again, the answer was not taken: a third try would be no better.
      if (times > 1) {
        const said = saidSinceAnswer(before);
        return {
          kind: 'stop',
          question,
          why: `the answer was not accepted${said === '' ? '' : `: ${said}`}`,
        };
      }
      return { kind: 'answer', question, text: known.answer(answers) };
    },
  };
}

/** Without colours and carriage returns. */
export function plainText(raw: string): string {
  return raw.replace(ANSI, '').replaceAll('\r\n', '\n').replaceAll('\r', '\n');
}

/** The setup link's token as the script printed it; undefined when it made none. */
export function setupTokenIn(transcript: string): string | undefined {
  return /\/setup\/token\/([0-9A-Za-z_-]+)/.exec(plainText(transcript))?.[1];
}

/**
 * Why it failed, in the script's own words: what it wrote in red, unfolded; else its last lines. Without
 * REPORT it prints no error code, so these words are all there is.
 */
export function failureIn(transcript: string): string {
  const red = [...transcript.matchAll(new RegExp(`${ESC}\\[0;31m([\\s\\S]*?)${ESC}\\[0m`, 'g'))]
    .map(([, text = '']) => plainText(text).replaceAll(/\s+/g, ' ').trim())
    .filter((text) => text !== '');
  if (red.length > 0) return withoutToken(red.join(' '), transcript);
  const lines = plainText(transcript)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('Config written'));
  return withoutToken(lines.slice(-4).join(' / '), transcript);
}

/** These words end up in journals and on screens that others read. */
function withoutToken(text: string, transcript: string): string {
  const token = setupTokenIn(transcript);
  return token === undefined ? text : text.replaceAll(token, '…');
}

/** The first line is the echo of our own answer; a complaint may be folded over several. */
function saidSinceAnswer(text: string): string {
  return text.split('\n').slice(1).join(' ').replaceAll(/\s+/g, ' ').trim().slice(-300);
}
