import { describe, expect, it } from 'vitest';
import { lintConf, wouldKillServer, type LintCode } from '../../../src/config/lint.js';

const GOOD = `SERVER_USER=sandstorm
PORT=6080
MONGO_PORT=6081
BIND_IP=0.0.0.0
BASE_URL=http://sandstorm.corp.lan:6080
WILDCARD_HOST=*.sandstorm.corp.lan:6080
UPDATE_CHANNEL=none
ALLOW_DEV_ACCOUNTS=false
SMTP_LISTEN_PORT=30025
`;

/** GOOD with one key's line replaced (or dropped), or a line added. */
function but(key: string, line?: string): string {
  const lines = GOOD.split('\n').filter((one) => one !== '' && !one.startsWith(`${key}=`));
  return [...lines, ...(line === undefined ? [] : [line])].join('\n') + '\n';
}

const codes = (text: string): LintCode[] => lintConf(text).map(({ code }) => code);

describe('lintConf', () => {
  it('has nothing to say about what install.sh writes', () => expect(lintConf(GOOD)).toEqual([]));
  it('nor about HTTPS, several ports, names for true, a trailing slash', () =>
    expect(
      lintConf(`# mine
SERVER_USER=svc-sandstorm.1
HTTPS_PORT=443
PORT=80,6080 # plain
BASE_URL=https://ss.example.com/
WILDCARD_HOST=ss-*.example.com
HIDE_TROUBLESHOOTING=yes
BIND_IP=::
MAIL_URL=smtp://localhost:25
`),
    ).toEqual([]));

  const deadly: [text: string, code: LintCode][] = [
    [but('', 'nonsense'), 'NO_EQUALS'],
    [but('', 'nonsense # A=1'), 'NO_EQUALS'],
    [but('PORT', 'PORT=http'), 'BAD_PORT'],
    [but('PORT', 'PORT='), 'BAD_PORT'],
    [but('PORT', 'PORT=80,'), 'BAD_PORT'],
    [but('PORT', 'PORT="80"'), 'BAD_PORT'],
    [but('MONGO_PORT', 'MONGO_PORT=0x10'), 'BAD_PORT'],
    [but('SMTP_LISTEN_PORT', 'SMTP_LISTEN_PORT=25 25'), 'BAD_PORT'],
    // Every single port line is read, not only the last.
    [but('MONGO_PORT', 'MONGO_PORT=x\nMONGO_PORT=6081'), 'BAD_PORT'],
    [but('SERVER_USER', 'SERVER_USER=root'), 'BAD_USER'],
    [but('SERVER_USER', 'SERVER_USER=0'), 'BAD_USER'],
    [but('SERVER_USER', 'SERVER_USER="sandstorm"'), 'BAD_USER'],
    [but('SERVER_USER', 'SERVER_USER=-u'), 'BAD_USER'],
    [but('SERVER_USER', 'SERVER_USER='), 'BAD_USER'],
    [but('SERVER_USER'), 'MISSING'],
    [but('PORT'), 'MISSING'],
    [but('BASE_URL'), 'MISSING'],
    [but('WILDCARD_HOST'), 'MISSING'],
    [but('WILDCARD_HOST', 'WILDCARD_HOST=sandstorm.corp.lan:6080'), 'BAD_WILDCARD'],
    [but('WILDCARD_HOST', 'WILDCARD_HOST="*.sandstorm.corp.lan:6080"'), 'BAD_WILDCARD'],
    [but('WILDCARD_HOST', 'WILDCARD_PARENT_URL=x'), 'BAD_URL'],
    [but('BASE_URL', 'BASE_URL=sandstorm.corp.lan:6080'), 'BAD_URL'],
    [but('BASE_URL', 'BASE_URL="http://sandstorm.corp.lan:6080"'), 'BAD_URL'],
    [but('BASE_URL', 'BASE_URL='), 'BAD_URL'],
    [but('BIND_IP', 'BIND_IP=localhost'), 'BAD_IP'],
    [but('PORT', 'PORT=6080,6080'), 'PORT_CLASH'],
    [but('PORT', 'PORT=6081'), 'PORT_CLASH'],
    [but('SMTP_LISTEN_PORT', 'SMTP_LISTEN_PORT=6080'), 'PORT_CLASH'],
    [but('', 'HTTPS_PORT=6080'), 'PORT_CLASH'],
    // The default of a port that is not set counts too.
    [but('SMTP_LISTEN_PORT').replace('PORT=6080\n', 'PORT=30025\n'), 'PORT_CLASH'],
    ['\u00ef\u00bb\u00bf# note\n' + GOOD, 'NO_EQUALS'],
    ['\u00ef\u00bb\u00bf' + GOOD, 'MISSING'],
    ['\ufeff' + GOOD, 'MISSING'],
    ['', 'MISSING'],
  ];
  it.each(deadly)('deadly: %j is %s', (text, code) => {
    const findings = lintConf(text);
    expect(findings.filter(({ kills }) => kills).map((finding) => finding.code)).toContain(code);
    expect(wouldKillServer(findings)).toBe(true);
  });

  const bad: [text: string, code: LintCode, level: 'error' | 'warning'][] = [
    [but('WILDCARD_HOST', 'WILDCARD_HOST=*.*.corp.lan:6080'), 'BAD_WILDCARD', 'error'],
    [but('WILDCARD_HOST', 'WILDCARD_HOST=http://*.corp.lan:6080'), 'BAD_WILDCARD', 'error'],
    [but('WILDCARD_HOST', 'WILDCARD_HOST=*.corp.lan'), 'PORTS_DIFFER', 'warning'],
    [but('BASE_URL', 'BASE_URL=https://sandstorm.corp.lan'), 'PORTS_DIFFER', 'warning'],
    [but('BASE_URL', 'BASE_URL=http://sandstorm.corp.lan:6080/box'), 'BAD_URL', 'error'],
    [but('BASE_URL', 'BASE_URL=ftp://sandstorm.corp.lan:6080'), 'BAD_URL', 'error'],
    [but('PORT', 'PORT=70000'), 'BAD_PORT', 'error'],
    [but('', 'WILDCART_HOST=*.x'), 'MISSPELT_KEY', 'error'],
    [but('', 'export BIND_IP=0.0.0.0'), 'MISSPELT_KEY', 'error'],
    [but('', 'base_url=http://x'), 'MISSPELT_KEY', 'error'],
    [but('', 'BASEURL=http://x'), 'MISSPELT_KEY', 'error'],
    [but('', 'SOMETHING_ELSE=1'), 'UNKNOWN_KEY', 'warning'],
    [but('', 'PORT=6090'), 'DUPLICATE', 'warning'],
    [but('ALLOW_DEV_ACCOUNTS', 'ALLOW_DEV_ACCOUNTS=true'), 'INSECURE', 'error'],
    [but('', 'IS_TESTING=yes'), 'INSECURE', 'error'],
    [but('', 'ALLOW_DEMO_ACCOUNTS=yes'), 'INSECURE', 'error'],
    [but('ALLOW_DEV_ACCOUNTS', 'ALLOW_DEV_ACCOUNTS=True'), 'BAD_BOOLEAN', 'warning'],
    [but('', 'HIDE_TROUBLESHOOTING=1'), 'BAD_BOOLEAN', 'warning'],
    [but('', 'HIDE_TROUBLESHOOTING=on'), 'BAD_BOOLEAN', 'warning'],
    [but('UPDATE_CHANNEL', 'UPDATE_CHANNEL=dev'), 'UPDATES_ON', 'warning'],
    [but('UPDATE_CHANNEL', 'UPDATE_CHANNEL="none"'), 'UPDATES_ON', 'warning'],
    [but('UPDATE_CHANNEL', 'UPDATE_CHANNEL="none"'), 'QUOTES', 'error'],
    [but('BASE_URL', 'BASE_URL=http://sandstorm.corp.lan:6080#x'), 'COMMENT_CUTS_VALUE', 'warning'],
    [but('', 'PRIVATE_KEY_PASSWORD=ab#cd'), 'COMMENT_CUTS_VALUE', 'error'],
    [but('', 'WILDCARD_PARENT_URL=http://x.lan:6080'), 'OVERRULED', 'warning'],
    ['\u00ef\u00bb\u00bfX=1\n' + GOOD, 'BOM', 'error'],
    [GOOD.replaceAll('\n', '\r\n'), 'SHELL', 'warning'],
    [but('BIND_IP', 'BIND_IP = 0.0.0.0'), 'SHELL', 'warning'],
    [but('', 'TERMS_PAGE_PUBLIC_ID=`id`'), 'SHELL', 'warning'],
    [but('', 'MAIL_URL=smtp://h?a=1&b=2'), 'SHELL', 'warning'],
    [but('', '# bell \u0007'), 'CONTROL_CHARACTER', 'warning'],
  ];
  it.each(bad)('bad, but it comes up: %j is %s (%s)', (text, code, level) => {
    const findings = lintConf(text);
    expect(findings.map((finding) => [finding.code, finding.level])).toContainEqual([code, level]);
  });

  it('does not call deadly what is merely bad', () => {
    expect(bad.filter(([text]) => wouldKillServer(lintConf(text))).map(([text]) => text)).toEqual([]);
  });

  it('names the line and the way out', () =>
    expect(lintConf(but('', 'WILDCART_HOST=*.x'))).toEqual([
      expect.objectContaining({ line: 10, fix: 'did you mean WILDCARD_HOST?' }),
    ]));
  it('an unprivileged server needs no SERVER_USER', () =>
    expect(lintConf(but('SERVER_USER'), { asRoot: false })).toEqual([]));
  it('the database only listens on loopback: no clash elsewhere', () =>
    expect(codes(but('MONGO_PORT', 'MONGO_PORT=6080').replace('0.0.0.0', '10.0.0.5'))).toEqual([]));
  it('only the last PORT counts', () =>
    expect(lintConf(`PORT=x\n${GOOD}`).map(({ code, kills }) => [code, kills])).toEqual([
      ['DUPLICATE', false],
      ['BAD_PORT', false],
    ]));

  it('never shows a secret', () => {
    const text = `PRIVATE_KEY_PASSWORD="geheim 1"
PRIVATE_KEY_PASSWORT=geheim2
MAIL_URL=smtp://me:geheim3 @host
STRIPE_SECRET_KEY='geheim4'
MAIL_URL=geheim5
geheim6
MY_PASSWORD="geheim7"
`;
    expect(JSON.stringify(lintConf(text))).not.toContain('geheim');
  });

  it('takes a hostile file without sweat', () => {
    for (const line of [
      'PORT=\n',
      'A=\n',
      '\n',
      `PORT=${'9'.repeat(1000)}\n`,
      'WILDCARD_HOS=x\n',
      'x\u0000\n',
    ]) {
      // Whatever it says of each line, it comes to an end.
      expect(lintConf(line.repeat(Math.ceil((64 * 1024) / line.length))).length).toBeGreaterThan(0);
    }
  });
});
