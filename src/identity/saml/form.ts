import { certificateForForm } from './judge-metadata.js';
import type { IdentityProvider } from './metadata.js';
import type { ServiceProvider } from './service-provider.js';

/** What to type into the form at /admin/login; null: the provider does not say. */
export interface SamlForm {
  readonly entryPoint: string | null;
  readonly logoutUrl: string | null;
  /** Base64, without the markers of PEM. */
  readonly certificate: string | null;
  readonly entityId: string;
}

/** Pure. */
export function formFor(idp: IdentityProvider, sp: ServiceProvider, now: Date): SamlForm {
  return {
    entryPoint: idp.entryPoint ?? null,
    logoutUrl: idp.logout ?? null,
    certificate: certificateForForm(idp, now)?.base64 ?? null,
    entityId: sp.entityId,
  };
}
