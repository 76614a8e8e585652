/** Apart from the recipes themselves, which no command line needs before one is asked for. */
export const RECIPES = ['adfs', 'keycloak', 'shibboleth', 'simplesamlphp', 'okta'] as const;

export type RecipeName = (typeof RECIPES)[number];
