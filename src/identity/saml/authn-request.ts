import { deflateRawSync } from 'node:zlib';
import { BINDING, NAME_ID, NS } from './names.js';
import type { ServiceProvider } from './service-provider.js';
import { escapeXml } from './xml.js';

/**
 * The address a browser is sent to for a login, made the way Sandstorm makes it: an unsigned AuthnRequest for a
 * persistent name id, raw deflate, base64, HTTP-Redirect, no RelayState. Pure.
 * @param id 40 hex digits
 */
export function loginUrl(entryPoint: string, sp: ServiceProvider, id: string, now: Date): string {
  const request =
    `<samlp:AuthnRequest xmlns:samlp="${NS.protocol}" ID="_${id}" Version="2.0"` +
    ` IssueInstant="${now.toISOString().slice(0, 19)}Z" ProtocolBinding="${BINDING.post}"` +
    ` AssertionConsumerServiceURL="${sp.consumerUrl}" Destination="${escapeXml(entryPoint)}">` +
    `<saml:Issuer xmlns:saml="${NS.assertion}">${escapeXml(sp.entityId)}</saml:Issuer>` +
    `<samlp:NameIDPolicy Format="${NAME_ID.persistent}" AllowCreate="true"/></samlp:AuthnRequest>`;
  const packed = deflateRawSync(request).toString('base64');
  const glue = entryPoint.indexOf('?') > 0 ? '&' : '?';
  return `${entryPoint}${glue}SAMLRequest=${encodeURIComponent(packed)}`;
}
