import { badValue } from '../../errors.js';
import { defineCommand } from '../command.js';
import { choice, fileOrUrl, formed, on, path, several, text } from '../option.js';
import { ADDRESS_OPTIONS, LDAP_OPTIONS } from '../option-sets.js';

const PROVIDERS = ['ldap', 'saml'] as const;

export const CHECKLIST_OPTIONS = {
  output: path('--output <file>', 'write it there, whole or not at all (default: standard output)'),
  format: choice('--format <format>', "markdown, html or json (default: by the file's name, else markdown)", [
    'markdown',
    'html',
    'json',
  ]),
  verify: on('--verify', 'look at everything that can be seen from outside, and tick it'),
  login: {
    ...several('--login <provider>', 'what people log in with: ldap (default) or saml; may be repeated'),
    parse: (value: string, what: string) => value.split(',').map((one) => parseProvider(one.trim(), what)),
  },
  ...ADDRESS_OPTIONS,
  ...LDAP_OPTIONS,
  samlMetadata: fileOrUrl(
    '--saml-metadata <file>',
    "the identity provider's metadata, or their address: fills in the SAML form",
  ),
  samlEntryPoint: formed(
    '--saml-entry-point <url>',
    "the identity provider's address for logins",
    parseWebUrl,
  ),
  indexUrl: formed('--index-url <url>', 'the app index of the house', parseWebUrl),
  marketUrl: formed('--market-url <url>', 'the app market (default: the app index)', parseWebUrl),
  smtp: formed(
    '--smtp <host[:port]>',
    'mail server of the house (default: that of MAIL_URL)',
    parseMailServer,
  ),
  mailFrom: text('--mail-from <address>', "the server's own mail address (default sandstorm@HOST)"),
  title: text('--title <text>', 'name of the server, as people shall see it'),
  termsUrl: formed('--terms-url <url>', 'page with the terms of service', parseWebUrl),
  privacyUrl: formed('--privacy-url <url>', 'page with the privacy policy', parseWebUrl),
  guests: choice('--guests <what>', 'people without an account: refused (default) or allowed', [
    'refused',
    'allowed',
  ]),
  contacts: choice('--contacts <what>', 'members see each other: shared (default) or private', [
    'shared',
    'private',
  ]),
};

export const checklistCommand = defineCommand({
  name: 'checklist',
  summary: 'list what is left to do in the admin pages of this server, with every value',
  description:
    'Page, field and value of everything that only the admin pages can do, for this very server: from\n' +
    'sandstorm.conf and the options. With --verify, what can be seen from outside is looked at and ticked;\n' +
    'exit code 3 when some of it is not as it must be. Changes nothing on the server.',
  examples: [
    'sandstorm-airgap checklist --output checklist.html',
    'sandstorm-airgap checklist --verify --ldap-url ldaps://ldap.corp.lan --ldap-ca house-ca.pem \\',
    '    --index-url http://apps.corp.lan --smtp mail.corp.lan',
  ],
  options: CHECKLIST_OPTIONS,
  load: async () => (await import('./checklist.run.js')).run,
});

function parseProvider(value: string, what: string): (typeof PROVIDERS)[number] {
  const found = PROVIDERS.find((one) => one === value);
  if (found === undefined) throw badValue(what, value, `one of ${PROVIDERS.join(', ')}`);
  return found;
}

/** Without a slash at its end. */
function parseWebUrl(value: string, what: string): string {
  if (!/^https?:\/\/[^\s/@]+(?:\/\S*)?$/i.test(value) || !URL.canParse(value)) {
    throw badValue(what, value, 'an address such as http://apps.corp.lan');
  }
  return value.replace(/\/+$/, '');
}

function parseMailServer(value: string, what: string): { readonly host: string; readonly port: number } {
  const parts = /^([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}))?$/.exec(value);
  const port = Number(parts?.[2] ?? 25);
  if (parts === null || port < 1 || port > 65_535)
    throw badValue(what, value, 'a mail server such as mail.corp.lan:25');
  return { host: (parts[1] ?? '').replace(/^\[|\]$/g, ''), port };
}
