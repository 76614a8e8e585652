import { describe, expect, it } from 'vitest';
import {
  createDialogue,
  failureIn,
  plainText,
  setupTokenIn,
  type Answers,
  type Reaction,
} from '../../../src/installer/dialogue.js';
import { seeded } from '../../helpers/archives.js';

const ANSWERS: Answers = {
  home: '/srv/sandstorm',
  baseUrl: 'http://box.corp.lan:7080',
  wildcardHost: '*.box.corp.lan:7080',
  httpPort: 7080,
  mongoPort: 7081,
  smtpPort: 7025,
  serverUser: 'grain',
  localhostOnly: false,
};

const ESC = '\u001b';
const bold = (question: string, preset: string): string => `${ESC}[1m${question} [${preset}]${ESC}[0m `;

/** Everything install.sh asks: the question, its default, our answer; undefined: we stop there. */
const KNOWN: readonly (readonly [string, string, string])[] = [
  ['How are you going to use this Sandstorm install?', '1', '2'],
  ["Press enter to accept defaults. Type 'no' to customize.", 'yes', 'no'],
  ['Expose to localhost only?', 'yes', 'no'],
  ['Where would you like to put Sandstorm?', '/opt/sandstorm', '/srv/sandstorm'],
  [
    'Sandstorm grains can receive email. What port should Sandstorm listen on, for inbound SMTP?',
    '30025',
    '7025',
  ],
  ['Local user account to run server under:', 'sandstorm', 'grain'],
  ["User account 'grain' doesn't exist. Create it?", 'yes', 'yes'],
  // A name of our own choice must not be taken for another question.
  ["User account 'smtp' doesn't exist. Create it?", 'yes', 'yes'],
  ["Add user 'admin' to group 'grain'?", 'no', 'no'],
  ['Automatically keep Sandstorm updated?', 'yes', 'no'],
  ['Enable dev accounts?', 'yes', 'no'],
  ['Server main HTTP port:', '6080', '7080'],
  ['Database port (choose any unused port):', '6081', '7081'],
  ['URL users will enter in browser:', 'http://local.sandstorm.io:6080', 'http://box.corp.lan:7080'],
  ['URL users will enter in browser:', 'http://local.sandstorm.org:6080', 'http://box.corp.lan:7080'],
  ['URL users will enter in browser:', 'http://[2001:db8::1]:6080', 'http://box.corp.lan:7080'],
  ['Wildcard host:', '*.local.sandstorm.io:6080', '*.box.corp.lan:7080'],
  ['Wildcard host:', '*.local.sandstorm.org:6080', '*.box.corp.lan:7080'],
  ['Wildcard host:', '', '*.box.corp.lan:7080'],
  ['Start sandstorm at system boot (using systemd)?', 'yes', 'yes'],
  ['Start sandstorm at system boot (using sysvinit)?', 'yes', 'yes'],
  ['What *.sandcats.io subdomain would you like?', '', 'none'],
  [
    'Hmm, installation failed. Would it be OK to send an anonymous error report to the sandstorm.io team so we know something is wrong?\r\nIt would only contain this error code: E_UNKNOWN',
    'yes',
    'no',
  ],
  [
    'Hmm, installation failed. Would it be OK to send an anonymous error report to the Sandstorm team so we know something is wrong?\r\nIt would only contain this error code: E_UNKNOWN',
    'yes',
    'no',
  ],
];

/** What it asks on ways that need the internet, root by sudo, or a person: none of them is ours. */
const NOT_OURS: readonly (readonly [string, string])[] = [
  ['OK to continue?', 'yes'],
  ['OK to skip automatic HTTPS setup & bind to port 6080 instead?', 'yes'],
  ['Is this OK?', 'yes'],
  ['Use existing copy?', 'yes'],
  ['Downloading https://dl.sandstorm.io/sandstorm-308.tar.xz failed. OK to retry?', 'yes'],
  ['What Sandcats subdomain do you want to recover?', 'none'],
  ['Please enter the token that we sent to you by email.', ''],
  ['Enter your email address:', ''],
  ["Your email address for Let's Encrypt:", 'admin@corp.lan'],
  ['Would you like some tea?', 'no'],
];

function hearAll(text: string, pieces: (text: string) => string[], answers = ANSWERS): Reaction[] {
  const dialogue = createDialogue(answers);
  return pieces(text)
    .map((piece) => dialogue.hear(piece))
    .filter(({ kind }) => kind !== 'wait');
}

const whole = (text: string): string[] => [text];
const byteByByte = (text: string): string[] => Array.from(text);
const inPieces =
  (seed: number) =>
  (text: string): string[] => {
    const random = seeded(seed);
    const pieces: string[] = [];
    for (let at = 0; at < text.length;) {
      const length = 1 + Math.floor(random() * 40);
      pieces.push(text.slice(at, at + length));
      at += length;
    }
    return pieces;
  };

describe('questions of install.sh', () => {
  it.each(KNOWN)('answers "%s" [%s] with %s', (question, preset, answer) => {
    for (const pieces of [whole, byteByByte, inPieces(1), inPieces(2)]) {
      const heard = hearAll(`Some words before.\r\n${bold(question, preset)}`, pieces);
      expect(heard).toEqual([{ kind: 'answer', question: question.replaceAll('\r', ''), text: answer }]);
    }
  });

  it.each(NOT_OURS)('stops at "%s"', (question, preset) => {
    for (const pieces of [whole, byteByByte, inPieces(3)]) {
      expect(hearAll(bold(question, preset), pieces)).toEqual([
        { kind: 'stop', question, why: 'this question is not known' },
      ]);
    }
  });

  it('says yes to localhost only where nobody else shall reach it', () => {
    const heard = hearAll(bold('Expose to localhost only?', 'yes'), whole, {
      ...ANSWERS,
      localhostOnly: true,
    });
    expect(heard).toMatchObject([{ text: 'yes' }]);
  });

  it('answers by what is asked, in any order', () => {
    const asked = KNOWN.filter(
      ([question], index) => KNOWN.findIndex(([other]) => other === question) === index,
    );
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seeded(seed);
      const shuffled = asked
        .map((one) => ({ one, place: random() }))
        .sort((a, b) => a.place - b.place)
        .map(({ one }) => one);
      const dialogue = createDialogue(ANSWERS);
      const said = shuffled.map(([question, preset, answer]) => {
        const reaction = dialogue.hear(`${answer} of before\r\n\r\n${bold(question, preset)}`);
        return reaction.kind === 'answer' ? reaction.text : reaction.kind;
      });
      expect(said).toEqual(shuffled.map(([, , answer]) => answer));
    }
  });

  it('knows a question through other letter case and folding', () => {
    expect(hearAll(bold('URL users will\r\n  Enter in browser:', 'x'), whole)).toMatchObject([
      { text: 'http://box.corp.lan:7080' },
    ]);
  });

  it('waits while a prompt is not complete, and takes other bold or bracketed text for none', () => {
    const complete = bold('Wildcard host:', '*.x');
    for (let length = 0; length < complete.length; length += 1) {
      expect(createDialogue(ANSWERS).hear(complete.slice(0, length))).toEqual({ kind: 'wait' });
    }
    expect(hearAll(`${ESC}[1mNOTE:${ESC}[0m read [this] first. [yes] `, byteByByte)).toEqual([]);
    expect(hearAll(`${ESC}[1mUsing systemd [boot]${ESC}[0m now`, whole)).toEqual([]);
  });

  it('hears a prompt after more text than it keeps', () => {
    const noise = 'tar: x\r\n'.repeat(20_000);
    expect(hearAll(noise + bold('Wildcard host:', '*.x'), inPieces(4))).toMatchObject([{ kind: 'answer' }]);
  });

  it.each([
    [
      'Server main HTTP port:',
      "7080\r\nYou entered '7080 '. Please enter a number.\r\n",
      "You entered '7080 '. Please enter a number.",
    ],
    [
      'Wildcard host:',
      `*.box\r\n${ESC}[0;31mInvalid wildcard host. It must contain \r\nexactly one asterisk.\r\n${ESC}[0m`,
      'Invalid wildcard host. It must contain exactly one asterisk.',
    ],
    ['Local user account to run server under:', 'root\r\n', ''],
  ])('stops when "%s" is asked again, with what was said in between', (question, between, said) => {
    for (const pieces of [whole, byteByByte, inPieces(5)]) {
      const dialogue = createDialogue(ANSWERS);
      expect(dialogue.hear(bold(question, 'x'))).toMatchObject({ kind: 'answer' });
      const heard = pieces(between + bold(question, 'x')).map((piece) => dialogue.hear(piece));
      expect(heard.filter(({ kind }) => kind !== 'wait')).toEqual([
        {
          kind: 'stop',
          question,
          why: `the answer was not accepted${said === '' ? '' : `: ${said}`}`,
        },
      ]);
    }
  });
});

describe('the words of a failure', () => {
  const red = (text: string): string => `${ESC}[0;31m${text}\r\n${ESC}[0m`;

  it('are the red ones, unfolded', () => {
    const seen = `*** INSTALLATION FAILED ***\r\n\r\n${red('/tmp/bundle: Not a valid \r\nSandstorm bundle')}\r\nYou can report bugs at: x\r\n`;
    expect(failureIn(seen)).toBe('/tmp/bundle: Not a valid Sandstorm bundle');
  });

  it('are all red ones, without the empty', () => {
    expect(failureIn(red('') + red('One.') + red('') + red('Two.'))).toBe('One. Two.');
  });

  it('are the last lines where nothing is red', () => {
    const seen =
      'Config written to /x.\r\n\r\nxz: (stdin): Unexpected end of input\r\ntar: Error is not recoverable: exiting now\r\n';
    expect(failureIn(seen)).toBe(
      'xz: (stdin): Unexpected end of input / tar: Error is not recoverable: exiting now',
    );
    expect(failureIn('')).toBe('');
  });

  it('never hold a setup token', () => {
    const link = 'http://x/setup/token/0123456789abcdef';
    expect(failureIn(`${link}\r\nkilled\r\n`)).toBe('http://x/setup/token/… / killed');
    expect(failureIn(red(link))).toBe('http://x/setup/token/…');
  });
});

it('finds the token of the setup link', () => {
  expect(setupTokenIn(`${ESC}[1m  http://x/setup/token/abc123DEF_-${ESC}[0m\r\n\r\nNOTE`)).toBe(
    'abc123DEF_-',
  );
  expect(setupTokenIn('http://x/setup')).toBeUndefined();
});

it('takes colours and carriage returns out of text', () => {
  expect(plainText(`${ESC}[1mone${ESC}[0m\r\ntwo\rthree${ESC}[?25l`)).toBe('one\ntwo\nthree');
});
