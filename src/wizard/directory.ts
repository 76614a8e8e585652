import type { LDAP_OPTIONS } from '../cli/option-sets.js';
import type { Values } from '../cli/option.js';
import type { Finished } from '../cli/run-command.js';
import { holdsPassword, ldapAddress, looksLikeDn } from '../identity/ldap/settings.js';
import type { LdapReport } from '../operations/identity-ldap.js';
import type { Host } from '../system/host.js';
import type { Terminal } from '../system/terminal.js';
import { absolute } from './choose-tarball.js';
import { directoryMends, FLAG_OF, proposalIn } from './directory-offers.js';
import { askChoice, askText, askYesNo } from './prompts.js';

type Flags = Readonly<Record<string, unknown>>;

interface Asking {
  readonly host: Host;
  readonly terminal: Terminal;
  /** What flags, environment and answers file say already. */
  readonly given: Partial<Values<typeof LDAP_OPTIONS>>;
  runWith(name: string, flags: Flags): Promise<Finished>;
}

const PAGE = 'sandstorm-checklist.html';

/** Asks for the directory, checks it, and mends it value by value until it would work; then offers the page to print. */
export async function directoryWizard(asking: Asking): Promise<number> {
  const { host, terminal, given, runWith } = asking;
  let flags: Flags = {
    ldapUrl: given.ldapUrl ?? (await askUrl(undefined)),
    ...(given.ldapUser === undefined ? await askLogin() : {}),
  };
  for (;;) {
    terminal.out('');
    const { exitCode, refusal } = await runWith('identity ldap', flags);
    if (exitCode === 0) break;
    if (refusal?.code !== 'E_LDAP_UNFIT') return exitCode;
    const { findings } = refusal.result as LdapReport;
    terminal.out('');
    const mend = await askChoice('How shall we go on?', directoryMends(findings));
    switch (mend) {
      case 'again':
        break;
      case 'propose': {
        const proposal = proposalIn(findings);
        if (proposal !== undefined) flags = { ...flags, [FLAG_OF[proposal.setting]]: proposal.value };
        break;
      }
      case 'url':
        flags = { ...flags, ldapUrl: await askUrl(String(flags.ldapUrl)) };
        break;
      case 'ca':
        flags = { ...flags, ldapCa: await askCa(host) };
        break;
      case 'bind':
        flags = { ...flags, ldapBindDn: await askDn('Which DN may search?') };
        break;
      case 'base':
        flags = { ...flags, ldapBase: await askDn('Below which DN are people?') };
        break;
      case 'quit':
        return exitCode;
    }
  }
  terminal.out('');
  if (!(await askYesNo('Write all that is left to do in the admin pages, as a page to print?'))) return 0;
  return checklistWizard({ ...asking, given: { ...given, ldapUrl: undefined } }, flags);
}

/** Asks where to, and writes it. */
export async function checklistWizard({ host, runWith }: Asking, flags: Flags = {}): Promise<number> {
  const typed = await askText('Where to?', PAGE, (text) => {
    if (text === '') throw new Error('the name of a file is needed; Ctrl-C stops');
  });
  return (await runWith('checklist', { ...flags, output: absolute(typed, host) })).exitCode;
}

function askUrl(preset: string | undefined): Promise<string> {
  return askText('Where is the LDAP server?', preset, (typed) => {
    if (!typed.includes('://')) {
      throw new Error(`begin with ldaps://, for example ldaps://${typed === '' ? 'ldap.corp.lan' : typed}`);
    }
    if (holdsPassword(typed)) throw new Error('without a name and a password: they are asked for later');
    const address = ldapAddress(typed);
    if (typeof address === 'string') throw new Error(address);
  });
}

async function askLogin(): Promise<Flags> {
  const typed = await askText(
    'Which login name shall be tried? (Enter: some of those found)',
    undefined,
    () => undefined,
  );
  return typed === '' ? {} : { ldapUser: [typed] };
}

async function askCa(host: Host): Promise<string> {
  const typed = await askText('Where is the CA certificate (PEM)?', undefined, async (text) => {
    if (text === '') throw new Error('a path is needed; Ctrl-C stops');
    const pem = await host.files.readText(absolute(text, host));
    if (pem === undefined) throw new Error('there is no such file');
    if (!pem.includes('-----BEGIN CERTIFICATE-----'))
      throw new Error('that file holds no certificate in PEM');
  });
  return absolute(typed, host);
}

function askDn(question: string): Promise<string> {
  return askText(question, undefined, (typed) => {
    if (!looksLikeDn(typed))
      throw new Error('a DN is needed, such as cn=sandstorm,ou=services,dc=corp,dc=lan');
  });
}
