import { NAME_ID } from './names.js';
import type { RecipeName } from './recipe-names.js';
import type { ServiceProvider } from './service-provider.js';

/** What to set in a provider of that make so that Sandstorm takes its answers; lines to read or to paste. Pure. */
export function recipe(name: RecipeName, sp: ServiceProvider): string[] {
  return MAKES[name](sp);
}

const MAKES: Record<RecipeName, (sp: ServiceProvider) => string[]> = {
  adfs: ({ entityId, metadataUrl, consumerUrl }) => [
    'AD FS Management, Relying Party Trusts, Add (claims aware). AD FS takes services with https only.',
    `  Data source         ${metadataUrl}, or the file of --sp-metadata`,
    `  Identifier          ${entityId}`,
    `  Endpoint            SAML assertion consumer, POST, ${consumerUrl}`,
    '  Encryption          no certificate: Sandstorm cannot decrypt',
    'Edit Claim Issuance Policy, Send LDAP Attributes as Claims, from Active Directory:',
    '  E-Mail-Addresses -> E-Mail Address',
    '  Display-Name     -> displayName   (typed as it stands here)',
    'Then a custom rule, so that a person is known again by something that never changes:',
    '  c:[Type == "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarysid"]',
    '   => issue(Type = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",',
    '            Value = c.Value,',
    '            Properties["http://schemas.xmlsoap.org/ws/2005/05/identity/claimproperties/format"]',
    `              = "${NAME_ID.persistent}");`,
    'AD FS signs with its own clock and dates nothing back; in PowerShell, where the clocks differ by seconds:',
    `  Set-AdfsRelyingPartyTrust -TargetIdentifier ${entityId} -NotBeforeSkew 1`,
    'Its metadata: https://ADFS-HOST/FederationMetadata/2007-06/FederationMetadata.xml',
  ],
  keycloak: ({ entityId, consumerUrl, logoutUrl }) => [
    'Clients, Create client, type SAML (or Import client with the file of --sp-metadata):',
    `  Client ID                      ${entityId}`,
    `  Valid redirect URIs            ${consumerUrl}`,
    `  Assertion consumer URL (POST)  ${consumerUrl}`,
    `  Logout service redirect URL    ${logoutUrl}`,
    '  Name ID format                 persistent, Force name ID format on',
    '  Sign documents or assertions   on, RSA_SHA256',
    '  Client signature required      off (Keys): Sandstorm signs no requests',
    '  Encrypt assertions             off',
    'Client scopes, the dedicated one, Add mapper by configuration:',
    '  User Property   email        -> SAML attribute name email',
    '  User Attribute  displayName  -> SAML attribute name displayName',
    '  (Keycloak itself has no such attribute: a mapper of its LDAP federation brings it in, or the user profile)',
    'Its metadata: https://KEYCLOAK-HOST/realms/REALM/protocol/saml/descriptor',
  ],
  shibboleth: ({ entityId }) => [
    'The file of --sp-metadata as metadata/sandstorm.xml, and in conf/metadata-providers.xml:',
    '  <MetadataProvider id="Sandstorm" xsi:type="FilesystemMetadataProvider"',
    '      metadataFile="%{idp.home}/metadata/sandstorm.xml"/>',
    'conf/relying-party.xml, in shibboleth.RelyingPartyOverrides (Sandstorm cannot decrypt):',
    `  <bean parent="RelyingPartyByName" c:relyingPartyIds="${entityId}">`,
    '    <property name="profileConfigurations"><list>',
    '      <bean parent="SAML2.SSO" p:encryptAssertions="false"/>',
    '    </list></property>',
    '  </bean>',
    'conf/saml-nameid.properties: idp.persistentId.sourceAttribute and a salt; in conf/saml-nameid.xml switch on',
    '  shibboleth.SAML2PersistentGenerator',
    'conf/attribute-filter.xml: release mail and displayName to this service. displayName must carry the plain name:',
    '  in its transcoding rule saml2.name=displayName (mail may stay urn:oid:0.9.2342.19200300.100.1.3)',
    'Its metadata: https://IDP-HOST/idp/shibboleth',
  ],
  simplesamlphp: ({ entityId, consumerUrl, logoutUrl }) => [
    'metadata/saml20-sp-remote.php:',
    `  $metadata['${phpText(entityId)}'] = [`,
    `      'AssertionConsumerService' => '${phpText(consumerUrl)}',`,
    `      'SingleLogoutService' => '${phpText(logoutUrl)}',`,
    `      'NameIDFormat' => '${NAME_ID.persistent}',`,
    "      'simplesaml.nameidattribute' => 'uid',",
    "      'saml20.sign.assertion' => true,",
    '  ];',
    "metadata/saml20-idp-hosted.php, 'authproc', so that the answer has email and displayName by these names:",
    "  50 => ['class' => 'core:AttributeMap', 'mail' => 'email'],",
    '  60 => [',
    `      'class' => 'saml:AttributeNameID', 'attribute' => 'uid', 'Format' => '${NAME_ID.persistent}',`,
    '  ],',
    'Its metadata: https://IDP-HOST/simplesaml/saml2/idp/metadata.php',
  ],
  okta: ({ entityId, consumerUrl }) => [
    'Applications, Create App Integration, SAML 2.0:',
    `  Single sign-on URL            ${consumerUrl} (also as Recipient and Destination)`,
    `  Audience URI (SP Entity ID)   ${entityId}`,
    '  Name ID format                Persistent',
    '  Response, Assertion Signature Signed, RSA-SHA256',
    '  Assertion Encryption          Unencrypted',
    'Attribute Statements:',
    '  email        user.email',
    '  displayName  user.displayName',
    "People begin at Sandstorm's login button: the tile in Okta's own list does not work.",
    'Its metadata: the link "Identity Provider metadata" on the Sign On tab',
  ],
};

/** In single quotes. */
function phpText(text: string): string {
  return text.replace(/[\\']/g, (sign) => `\\${sign}`);
}
