import { defineCommand } from '../command.js';
import { fileOrStdin, on } from '../option.js';
import { LDAP_OPTIONS } from '../option-sets.js';

export const IDENTITY_LDAP_OPTIONS = {
  ...LDAP_OPTIONS,
  ldapUserPasswordFile: fileOrStdin(
    '--ldap-user-password-file <file>',
    'try the first --ldap-user with the password in this file, or on standard input with -',
  ),
  ldapAskPassword: on('--ldap-ask-password', 'ask for the password of the first --ldap-user, and try it'),
};

export const identityLdapCommand = defineCommand({
  name: 'identity ldap',
  summary: 'check an LDAP directory the way Sandstorm logs people in, and print what to enter',
  description:
    'Connects, checks TLS, logs in, searches and looks people up exactly as Sandstorm does, and names what would\n' +
    'fail there, with what to change. Reads only, and asks nobody but that server. Passwords come from files,\n' +
    'standard input or a hidden prompt. Exit code 3 when something would fail.',
  examples: [
    'sandstorm-airgap identity ldap --ldap-url ldaps://ldap.corp.lan --ldap-ca house-ca.pem',
    'sandstorm-airgap identity ldap --ldap-url ldaps://dc1.corp.lan --ldap-ca house-ca.pem \\',
    '    --ldap-bind-dn cn=sandstorm,ou=services,dc=corp,dc=lan --ldap-bind-password-file password.txt \\',
    '    --ldap-user ada --json',
  ],
  options: IDENTITY_LDAP_OPTIONS,
  load: async () => (await import('./identity-ldap.run.js')).run,
});
