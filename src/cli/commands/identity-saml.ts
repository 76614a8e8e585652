import { badValue } from '../../errors.js';
import { RECIPES } from '../../identity/saml/recipe-names.js';
import { defineCommand } from '../command.js';
import { ADDRESS_OPTIONS } from '../option-sets.js';
import { choice, fileOrUrl, formed, on, path, text } from '../option.js';

export const SAML_OPTIONS = {
  metadata: fileOrUrl(
    '[metadata]',
    'metadata of the identity provider: a file, or an address on the network',
  ),
  baseUrl: ADDRESS_OPTIONS.baseUrl,
  idpEntityId: text('--idp-entity-id <id>', 'which identity provider, where the metadata describe several'),
  entityId: text('--entity-id <id>', "Sandstorm's own entity id (default: BASE_URL's host name)"),
  spMetadata: path(
    '--sp-metadata <file>',
    'write metadata of this server there, for providers that cannot fetch them',
  ),
  recipe: choice('--recipe <make>', `what to set in the provider: ${RECIPES.join(', ')}`, RECIPES),
  probe: on('--probe', 'ask for a login as Sandstorm does, and see whether a login page comes'),
  response: path(
    '--response <file>',
    'say why Sandstorm would refuse this captured answer (form field, base64 or XML)',
  ),
  certificate: path(
    '--certificate <file>',
    "check the answer with this certificate instead of the metadata's",
  ),
  at: formed(
    '--at <time>',
    'when the answer was captured: 2026-11-22T03:00:00Z (default: when its file was written)',
    (value, what) => {
      const at = new Date(value);
      if (!/^\d{4}-\d\d-\d\dT/.test(value) || Number.isNaN(at.getTime())) {
        throw badValue(what, value, 'a moment such as 2026-11-22T03:00:00Z');
      }
      return at;
    },
  ),
};

export const identitySamlCommand = defineCommand({
  name: 'identity saml',
  summary: "check a SAML identity provider, and print the values for Sandstorm's form",
  description:
    "Reads the provider's metadata and judges them as Sandstorm would use them; prints what to paste at\n" +
    '/admin/login and what the provider must know of this server. BASE_URL is taken from sandstorm.conf.\n' +
    'Exit code 3 when logins would fail. Only the addresses named are asked, and nothing is changed.',
  examples: [
    'sandstorm-airgap identity saml idp-metadata.xml',
    'sandstorm-airgap identity saml https://idp.corp.lan/saml2/idp/metadata.php --probe',
    'sandstorm-airgap identity saml idp-metadata.xml --sp-metadata sandstorm-sp.xml --recipe adfs',
    'sandstorm-airgap identity saml idp-metadata.xml --response captured.txt',
  ],
  options: SAML_OPTIONS,
  load: async () => (await import('./identity-saml.run.js')).saml,
});
