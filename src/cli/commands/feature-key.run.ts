import { Refusal } from '../../errors.js';
import { MOST_KEY_BYTES, readFeatureKey, type FeatureKey } from '../../identity/feature-key/read.js';
import { readStdin } from '../../system/stdin.js';
import { moment } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { INSPECT_OPTIONS } from './feature-key.js';

type Context = CommandContext<typeof INSPECT_OPTIONS>;

export async function inspect(context: Context): Promise<OutcomeOf<'feature-key inspect'>> {
  const { host, ui, values } = context;
  const file = await context.need('file');
  const what = file === '-' ? 'standard input' : file;
  const key = readFeatureKey(await textOf(file, context), what);
  const secret = key.secret.toString('hex');
  if (secret !== '') host.log.hide(secret);
  for (const line of table(key, host.clock.now())) ui.say(line);
  if (values.showSecret === true) ui.saySecret(row('Secret', secret));
  for (const line of meaning(key)) ui.say(line);

  const result = { ...key, secret: values.showSecret === true ? secret : null };
  if (!key.genuine) {
    throw new Refusal(
      'E_FEATURE_KEY',
      `${what} was not signed by who sold feature keys, or was changed since`,
      {
        hint: "what it says may be anybody's words; copy it again, or do without: builds since 202 need none",
        result,
      },
    );
  }
  return { changed: false, result };
}

export interface InspectedKey extends Omit<FeatureKey, 'secret'> {
  /** Hexadecimal; null unless --show-secret was given. */
  readonly secret: string | null;
}

async function textOf(file: string, { host }: Context): Promise<string> {
  if (file === '-') return (await readStdin(MOST_KEY_BYTES)).toString('latin1');
  const bytes = await host.files.readBytes(file, MOST_KEY_BYTES);
  if (bytes !== undefined) return bytes.toString('latin1');
  throw new Refusal('E_IO', `cannot read ${file}: there is no such file`, {
    hint: 'give the path of the key',
  });
}

function table(key: FeatureKey, now: Date): string[] {
  const { customer, issued, expires, userLimit, features } = key;
  const on = Object.entries(features).flatMap(([name, has]) => (has ? [name] : []));
  return [
    row('Signature', key.genuine ? 'genuine' : 'NOT GENUINE'),
    row('For', `${plain(customer.organization)} (customer ${customer.id})`),
    row('Contact', `${plain(customer.contact)} <${plain(customer.email)}>`),
    row('Issued', issued === undefined ? 'not said' : moment(issued)),
    row('Expires', expiry(expires, now)),
    row('Users', userLimit === 'unlimited' ? 'unlimited' : `up to ${userLimit}`),
    row('Billing', billing(key)),
    row('Features', on.join(', ') || 'none'),
    ...(key.forTesting ? [row('Testing', 'yes: for developers of Sandstorm')] : []),
  ];
}

function expiry(expires: FeatureKey['expires'], now: Date): string {
  if (expires === 'never') return 'never';
  if (expires === undefined) return 'not said';
  return `${moment(expires)}${expires <= now ? ' (expired)' : ''}`;
}

function billing({ elasticBilling, trial, free }: FeatureKey): string {
  const kind = elasticBilling ? 'by the users that were active' : 'fixed';
  return [kind, ...(trial ? ['trial'] : []), ...(free ? ['free of charge'] : [])].join(', ');
}

function meaning({ forTesting }: FeatureKey): string[] {
  return [
    '',
    'Builds since 202 have all features without a key, and neither need nor read one: there is nowhere to put it.',
    'For an older build: a key may be moved between servers as long as it is in use on one of them only; take it out',
    'of the old server (/admin/feature-key) first. Renewal needs the internet, so offline it ends on its date.',
    ...(forTesting
      ? [
          'A testing key counts only with IS_TESTING=yes, and that gives up all security: never on a real server.',
        ]
      : []),
  ];
}

/** A key's words must not steer the terminal. */
function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- that is what is looked for
  return text.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?').slice(0, 200);
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(12)}${value}`;
}
