import { Refusal } from '../../errors.js';
import { shown } from '../../identity/ldap/finding.js';
import type { EnteredField } from '../../identity/ldap/settings.js';
import { checkLdap, type LdapReport } from '../../operations/identity-ldap.js';
import { count, list } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import { askPassword, ldapQuestion } from '../ldap-question.js';
import { readSecret } from '../secret-file.js';
import type { IDENTITY_LDAP_OPTIONS } from './identity.js';

type Context = CommandContext<typeof IDENTITY_LDAP_OPTIONS>;

export async function run(context: Context): Promise<OutcomeOf<'identity ldap'>> {
  const { host, ui, values, home } = context;
  refuseOneInputForTwo(context);
  const question = await ldapQuestion(await context.need('ldapUrl'), context);
  if (question === undefined) throw new Error('need() has given a URL');
  const password = await userPassword(context);
  if (password !== undefined) host.log.hide(password);
  const report = await checkLdap(home, { ...question, password }, host, ui);
  if (!report.ready) throw unfit(report);
  return { changed: false, result: report, text: table(report, values.ldapCa) };
}

async function userPassword({ values, host, interactive }: Context): Promise<string | undefined> {
  const [first] = values.ldapUser ?? [];
  const { ldapUserPasswordFile: file, ldapAskPassword } = values;
  if (file === undefined && ldapAskPassword !== true) return undefined;
  if (first === undefined) {
    throw new Refusal('E_INPUT_NEEDED', '--ldap-user is needed: whose password it is', {
      hint: 'give --ldap-user LOGIN',
    });
  }
  if (file !== undefined) return readSecret(file, '--ldap-user-password-file', host);
  if (interactive) return askPassword(first);
  throw new Refusal('E_INPUT_NEEDED', `nobody can be asked for the password of ${first}`, {
    hint: 'give --ldap-user-password-file FILE',
  });
}

function refuseOneInputForTwo({ values }: Context): void {
  if (values.ldapBindPasswordFile !== '-' || values.ldapUserPasswordFile !== '-') return;
  throw new Refusal('E_USAGE', 'standard input cannot hold both passwords', {
    hint: 'keep one of them in a file',
  });
}

function unfit(report: LdapReport): Refusal {
  const failed = report.findings.filter(({ status }) => status === 'fail');
  const ids = [...new Set(failed.map(({ id }) => id))];
  const [hint] = failed.flatMap(({ fix = [] }) => fix);
  return new Refusal(
    'E_LDAP_UNFIT',
    `${count(failed.length, 'thing')} would fail in Sandstorm: ${list(ids)}`,
    {
      result: report,
      ...(hint === undefined ? {} : { hint }),
    },
  );
}

const LABEL = 34;

function table({ page, fields }: LdapReport, caFile: string | undefined): string {
  const shownValue = ({ setting, value, note }: EnteredField): string => {
    if (setting === 'ldapCaCert' && value !== null && value !== '')
      return `all of ${caFile ?? 'the CA file'}`;
    return note === undefined ? shown(value ?? '') : `(${note})`;
  };
  return [
    '',
    `  To be entered at ${page}, LDAP, Configure:`,
    '',
    ...fields.map((field) => `    ${field.label.padEnd(LABEL)}${shownValue(field)}`),
  ].join('\n');
}
