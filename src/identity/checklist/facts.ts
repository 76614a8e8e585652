import type { EnteredField } from '../ldap/settings.js';
import type { SamlForm } from '../saml/form.js';

export type LoginProvider = 'ldap' | 'saml';

/** What is known of this very server; what is not known is asked for on the page. */
export interface ChecklistFacts {
  /** BASE_URL, without a slash at its end. */
  readonly baseUrl: string;
  readonly wildcardHost: string | undefined;
  readonly home: string;
  /** 308; undefined where no server is installed yet. */
  readonly build: number | undefined;
  readonly providers: readonly LoginProvider[];
  /** As `identity ldap` prints them. */
  readonly ldapFields: readonly EnteredField[] | undefined;
  readonly ldapCaFile: string | undefined;
  readonly samlEntryPoint: string | undefined;
  /** From the identity provider's metadata, where they were given. */
  readonly samlForm: SamlForm | undefined;
  readonly guests: 'refused' | 'allowed';
  readonly contacts: 'shared' | 'private';
  readonly indexUrl: string | undefined;
  readonly marketUrl: string | undefined;
  /** Of the index's host, as this machine resolves it. */
  readonly indexAddresses: readonly string[];
  readonly mail: { readonly host: string; readonly port: number } | undefined;
  readonly mailFrom: string | undefined;
  readonly title: string | undefined;
  readonly termsUrl: string | undefined;
  readonly privacyUrl: string | undefined;
  /** The server itself holds a certificate (HTTPS_PORT). */
  readonly ownHttps: boolean;
  readonly updateChannel: string | undefined;
  /** ALLOW_DEV_ACCOUNTS, IS_TESTING: those that are true. */
  readonly unsafe: readonly string[];
}
