import { Refusal } from '../errors.js';
import type { LdapQuestion } from '../identity/ldap/observe.js';
import type { CommandContext } from './command.js';
import type { LDAP_OPTIONS } from './option-sets.js';
import { readSecret } from './secret-file.js';

type Context = Pick<CommandContext<typeof LDAP_OPTIONS>, 'values' | 'host' | 'interactive'>;

/** A CA with all that belong to it; one is 2 kB. */
const MOST_CA_BYTES = 256 * 1024;
const NOT_FROM_THERE = ['SANDSTORM_AIRGAP_LDAP_BIND_PASSWORD', 'SANDSTORM_AIRGAP_LDAP_USER_PASSWORD'];

/**
 * What is to be asked of which directory; undefined when none was named. The password comes from a file,
 * standard input, or a prompt that shows nothing.
 * @throws Refusal E_SECRET_ON_COMMAND_LINE, E_INPUT_NEEDED, E_IO
 */
export async function ldapQuestion(
  url: string | undefined,
  context: Context,
): Promise<LdapQuestion | undefined> {
  refuseSecretsInEnvironment(context.host.env);
  if (url === undefined) return undefined;
  const { values, host } = context;
  const bindPassword = await bindPasswordFor(context);
  if (bindPassword !== undefined) host.log.hide(bindPassword);
  return {
    wish: {
      url,
      bindDn: values.ldapBindDn,
      bindPassword,
      base: values.ldapBase,
      usernameAttribute: values.ldapUsernameAttribute,
      nameAttribute: values.ldapNameAttribute,
      emailAttribute: values.ldapEmailAttribute,
      filter: values.ldapFilter,
      caCert: values.ldapCa === undefined ? undefined : await readCa(values.ldapCa, host),
    },
    logins: values.ldapUser ?? [],
    ...(values.ldapTimeout === undefined ? {} : { timeoutMs: values.ldapTimeout * 1000 }),
  };
}

/** Hidden. @throws as askSecret */
export async function askPassword(whose: string): Promise<string> {
  const { askSecret } = await import('../wizard/prompts.js');
  return askSecret(`Password of ${whose}:`);
}

async function bindPasswordFor({ values, host, interactive }: Context): Promise<string | undefined> {
  const { ldapBindDn, ldapBindPasswordFile } = values;
  if (ldapBindPasswordFile !== undefined) {
    return readSecret(ldapBindPasswordFile, '--ldap-bind-password-file', host);
  }
  return ldapBindDn === undefined || !interactive ? undefined : askPassword(ldapBindDn);
}

async function readCa(file: string, { files }: Context['host']): Promise<string> {
  const pem = await files.readText(file, MOST_CA_BYTES);
  if (pem !== undefined) return pem;
  throw new Refusal('E_IO', `cannot read ${file}: there is no such file`, {
    hint: 'name another with --ldap-ca',
  });
}

/** Somebody may expect it to work like every other value. */
function refuseSecretsInEnvironment(env: Context['host']['env']): void {
  const found = NOT_FROM_THERE.find((name) => (env[name] ?? '') !== '');
  if (found === undefined) return;
  throw new Refusal('E_SECRET_ON_COMMAND_LINE', `${found} holds a secret: others can read the environment`, {
    hint: 'unset it, and give --ldap-bind-password-file FILE or --ldap-user-password-file FILE',
  });
}
