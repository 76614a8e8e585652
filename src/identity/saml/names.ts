/** Namespaces and identifiers of SAML 2.0 (OASIS saml-core-2.0, saml-metadata-2.0, saml-bindings-2.0). */

export const NS = {
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
} as const;

export const BINDING = {
  redirect: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
  post: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
} as const;

export const NAME_ID = {
  persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  email: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
} as const;

/**
 * Under these names Sandstorm takes a person's mail address, the first that is there
 * (shell/imports/server/accounts/saml-utils.js, validateResponse).
 */
export const EMAIL_CLAIMS = [
  'email',
  'mail',
  'urn:oid:0.9.2342.19200300.100.1.3',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name',
] as const;

/** And under these the name to show. */
export const NAME_CLAIMS = [
  'displayName',
  'http://schemas.microsoft.com/identity/claims/displayname',
] as const;
