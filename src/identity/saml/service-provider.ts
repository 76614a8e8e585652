import type { BaseUrl } from '../../server/addresses.js';
import { BINDING, NAME_ID, NS } from './names.js';
import { escapeXml } from './xml.js';

/** What the identity provider must know of this server. */
export interface ServiceProvider {
  readonly entityId: string;
  readonly metadataUrl: string;
  /** Where the browser brings the answer: the assertion consumer. */
  readonly consumerUrl: string;
  readonly logoutUrl: string;
  /** ROOT_URL of the server, which Destination and Recipient must begin with. */
  readonly rootUrl: string;
}

/** @param entityId as in the form; Sandstorm takes BASE_URL's host name, without its port, where there is none */
export function serviceProvider(base: BaseUrl, entityId?: string): ServiceProvider {
  return {
    entityId: entityId ?? base.host,
    metadataUrl: `${base.text}/_saml/config/default`,
    consumerUrl: `${base.text}/_saml/validate/default`,
    // Without the underscore: saml-utils.js, generateServiceProviderMetadata.
    logoutUrl: `${base.text}/saml/logout/default`,
    rootUrl: base.text,
  };
}

/**
 * The metadata that the server serves at /_saml/config/default, for providers that cannot fetch them. Sandstorm's own
 * puts the entity id into `ID`, which must begin with a letter or underscore: for an IP address or a URN that starts
 * with a digit strict providers (Shibboleth) refuse it. No `ID` is needed, since nothing is signed.
 */
export function serviceProviderMetadata({ entityId, consumerUrl, logoutUrl }: ServiceProvider): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<EntityDescriptor xmlns="${NS.metadata}" entityID="${escapeXml(entityId)}">
  <SPSSODescriptor protocolSupportEnumeration="${NS.protocol}" AuthnRequestsSigned="false" WantAssertionsSigned="true">
    <SingleLogoutService Binding="${BINDING.redirect}" Location="${escapeXml(logoutUrl)}"/>
    <NameIDFormat>${NAME_ID.persistent}</NameIDFormat>
    <AssertionConsumerService index="1" isDefault="true" Binding="${BINDING.post}" Location="${escapeXml(consumerUrl)}"/>
    <AttributeConsumingService index="1">
      <ServiceName xml:lang="en">Sandstorm</ServiceName>
      <RequestedAttribute Name="email" isRequired="true"/>
      <RequestedAttribute Name="displayName" isRequired="true"/>
    </AttributeConsumingService>
  </SPSSODescriptor>
</EntityDescriptor>
`;
}

/** Whether the metadata that the server itself serves are valid: their `ID` is made of the entity id. */
export function servesValidId(entityId: string): boolean {
  return /^[A-Za-z_]/.test(entityId.replace(/\W/g, '_'));
}
