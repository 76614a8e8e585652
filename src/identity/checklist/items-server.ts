import type { ChecklistFacts } from './facts.js';
import { blank, lines, note, text, textOr, ticked, type ChecklistItem } from './item.js';
import { BLACKLIST_AT_FIRST } from '../../server/fetch-rules.js';
import { rangesFor } from './network-ranges.js';

const OPEN = { kind: 'open' } as const;

/** What comes before anybody can be let in. Pure. */
export function firstItems({
  baseUrl,
  wildcardHost,
  home,
  updateChannel,
  unsafe,
}: ChecklistFacts): ChecklistItem[] {
  return [
    {
      id: 'server.reached',
      section: 'The server',
      title: 'People reach the server',
      fields: [
        { label: 'Address', value: text(baseUrl) },
        { label: 'Names below it', value: textOr(wildcardHost, 'WILDCARD_HOST') },
      ],
      why: 'Every session gets a name of its own. Open the address on a client, too: it may ask another DNS server.',
      state: OPEN,
    },
    {
      id: 'server.conf',
      section: 'The server',
      title: 'No updates by itself, nobody in by a back door',
      fields: [
        { label: 'UPDATE_CHANNEL', value: text('none') },
        { label: 'ALLOW_DEV_ACCOUNTS, IS_TESTING', value: note('not set') },
      ],
      why: `In ${home}/sandstorm.conf; a change counts from the next restart on.`,
      state: confState(updateChannel, unsafe),
    },
    {
      id: 'server.administrator',
      section: 'The server',
      title: 'Become the administrator',
      page: '/setup/token/…',
      fields: [{ label: 'On the server, as root', value: text(`${home}/sandstorm admin-token`) }],
      why: 'It prints a link that is good for 15 minutes, and makes whoever opens it the administrator. At the pre-installed apps choose "Skip for now".',
      state: OPEN,
    },
  ];
}

function confState(channel: string | undefined, unsafe: readonly string[]): ChecklistItem['state'] {
  if (unsafe.length > 0) {
    return {
      kind: 'failed',
      seen: `${unsafe.join(' and ')} is on: any visitor may be anybody`,
      fix: `sandstorm-airgap config unset ${unsafe[0] ?? ''}`,
    };
  }
  if (channel === undefined) return OPEN;
  return channel === 'none'
    ? { kind: 'done', seen: 'sandstorm.conf says so' }
    : {
        kind: 'failed',
        seen: `UPDATE_CHANNEL is ${channel}`,
        fix: 'sandstorm-airgap config set UPDATE_CHANNEL none',
      };
}

/** Where apps come from. Pure. */
export function appItems(facts: ChecklistFacts): ChecklistItem[] {
  const { indexUrl, marketUrl } = facts;
  const hasIndex = indexUrl !== undefined;
  return [
    {
      id: 'apps.sources',
      section: 'Apps',
      title: hasIndex ? 'Take apps from the index of the house' : 'Ask nobody for apps',
      page: '/admin/app-sources',
      fields: [
        {
          label: 'App market URL',
          value: marketUrl === undefined ? note('leave it; there is none here') : text(marketUrl),
        },
        { label: 'Enable app update notifications', value: ticked(hasIndex) },
        ...(hasIndex ? [{ label: 'App index URL', value: text(indexUrl) }] : []),
      ],
      why: hasIndex
        ? 'Once a day the server asks the index for newer versions of apps somebody has installed.'
        : 'Without internet the daily question goes nowhere. Apps are uploaded as .spk files, each user their own.',
      state: OPEN,
    },
    networkRanges(facts),
    {
      id: 'apps.preinstalled',
      section: 'Apps',
      title: hasIndex ? 'Choose apps that everybody has from the start' : 'Leave the pre-installed apps',
      page: '/admin/preinstalled-apps',
      fields: [
        {
          label: 'Pre-installed apps',
          value: hasIndex ? blank('which') : note('none: they are downloaded from an index'),
        },
      ],
      why: 'They are taken from the app index, and kept up to date with it.',
      state: OPEN,
    },
  ];
}

function networkRanges({ indexUrl, indexAddresses }: ChecklistFacts): ChecklistItem {
  const item = { id: 'apps.network', section: 'Apps', page: '/admin/networking' } as const;
  const label = 'Server-side request IP blacklist';
  const { out, left, impossible } = rangesFor(indexAddresses);
  if (impossible.length > 0) {
    return {
      ...item,
      title: 'Give the index another address',
      fields: [{ label, value: note('no entry helps') }],
      why: 'Sandstorm never connects to addresses for examples, tests or carriers, whatever this list says.',
      state: {
        kind: 'failed',
        seen: `the index is at ${impossible.join(', ')}`,
        fix: 'move it to an address of the house, such as 10.x.y.z',
      },
    };
  }
  if (indexUrl === undefined || (indexAddresses.length > 0 && out.length === 0)) {
    return {
      ...item,
      title: 'Leave the blocked networks as they are',
      fields: [{ label, value: note('as it is') }],
      why: 'It keeps apps and users from sending the server to machines of the house.',
      state: OPEN,
    };
  }
  return {
    ...item,
    title: 'Let the server reach the index',
    fields: [
      {
        label: 'Take out',
        value: out.length === 0 ? blank('the network that the index is in') : lines(...out),
      },
      { label, value: lines(...(out.length === 0 ? BLACKLIST_AT_FIRST : left)) },
    ],
    why: `Without it: "can't connect to blacklisted private network address".`,
    notes: [
      'From then on users can send the server to all addresses of that network: put the index into one where nothing else trusts it.',
    ],
    state: OPEN,
  };
}

/** E-mail and certificates. Pure. */
export function wireItems({
  mail,
  mailFrom,
  baseUrl,
  ownHttps,
  wildcardHost,
}: ChecklistFacts): ChecklistItem[] {
  const host = new URL(baseUrl).hostname;
  return [
    {
      id: 'mail.outbound',
      section: 'E-mail and certificates',
      title: 'Let the server send mail',
      page: '/admin/email',
      fields: [
        { label: 'SMTP host', value: textOr(mail?.host, 'mail server of the house') },
        {
          label: 'Port',
          value: textOr(
            mail === undefined ? undefined : String(mail.port),
            '25, or 465 for TLS from the start',
          ),
        },
        { label: 'Username, Password', value: blank('if it wants them') },
        { label: "Sandstorm server's own email address", value: text(mailFrom ?? `sandstorm@${host}`) },
      ],
      why: 'Without it nobody is told of what was shared with them, or asked for. "Test" sends a mail at once.',
      notes: [
        'Apps send from many addresses of their own: the mail server must take any sender from this machine.',
      ],
      state: OPEN,
    },
    certificate(baseUrl, ownHttps, wildcardHost),
  ];
}

function certificate(baseUrl: string, own: boolean, wildcardHost: string | undefined): ChecklistItem {
  const item = {
    id: 'certificates',
    section: 'E-mail and certificates',
    page: '/admin/certificates',
  } as const;
  const names = `${new URL(baseUrl).hostname} and ${(wildcardHost ?? '*').replace(/:\d+$/, '')}`;
  if (!own) {
    const behind = baseUrl.startsWith('https:');
    return {
      ...item,
      title: behind ? 'The certificate is in the proxy' : 'No certificate',
      fields: [{ label: 'Manual Certificate Upload', value: note('nothing here') }],
      why: behind
        ? `Whoever looks after the proxy renews it, for ${names}.`
        : 'The server speaks plain HTTP: passwords and data cross the network readable.',
      state: OPEN,
    };
  }
  return {
    ...item,
    title: 'Give the server its certificate',
    fields: [
      { label: 'Private key PEM', value: blank('file') },
      {
        label: 'Certificate chain PEM',
        value: blank('file: its own first, then those between it and the CA'),
      },
      { label: 'ACME account', value: note('none: it needs the internet') },
    ],
    why: `One certificate for both, ${names}. Nothing renews it: write the day it expires into the calendar.`,
    state: OPEN,
  };
}

/** How it looks, and what is read afterwards. Pure. */
export function lastItems({ title, termsUrl, privacyUrl, providers }: ChecklistFacts): ChecklistItem[] {
  const optional = (url: string | undefined) => (url === undefined ? blank('optional') : text(url));
  return [
    {
      id: 'look.titles',
      section: 'Appearance',
      title: 'Give the server its name and its rules',
      page: '/admin/personalization',
      fields: [
        { label: 'Server title', value: textOr(title, 'as in mails and on pages') },
        { label: 'Terms of service URL', value: optional(termsUrl) },
        { label: 'Privacy policy URL', value: optional(privacyUrl) },
        { label: 'Signup dialog', value: blank('optional: what newcomers read') },
      ],
      why: 'New people must agree to terms and privacy policy, if there are any: both pages must open without internet.',
      state: OPEN,
    },
    {
      id: 'look.whitelabel',
      section: 'Appearance',
      title: 'Take out what leads to the internet',
      page: '/admin/personalization',
      fields: [
        { label: 'Hide troubleshooting button', value: ticked(true) },
        { label: 'Hide "About Sandstorm" links', value: ticked(true) },
        { label: 'Hide "Send feedback" link', value: ticked(true) },
        { label: 'Use server title (above) for home link', value: ticked(title !== undefined) },
        {
          label: 'Custom login button text',
          value: blank(`optional: instead of "with ${providers.includes('ldap') ? 'LDAP' : 'SAML'}"`),
        },
        { label: 'Custom logo on sign-in dialog', value: blank('optional: a file') },
      ],
      why: 'These links end nowhere on a network without internet.',
      state: OPEN,
    },
    {
      id: 'after.statistics',
      section: 'Afterwards',
      title: 'Read how many people work with it',
      page: '/admin/stats',
      fields: [
        { label: 'Users and grains, column monthly', value: blank('users on the first day') },
        { label: 'Publish anonymously', value: note("Don't send: it would not get there") },
      ],
      why: 'Monthly active users are the accounts that opened a grain in the last 30 days, whether their own or one shared with them. Demo accounts do not count.',
      state: OPEN,
    },
  ];
}
