import { fail, pass, skip, warn } from '../../preflight/check.js';
import type { BaseUrl } from '../../server/addresses.js';
import { moment } from '../../words.js';
import { finding, type Finding } from '../finding.js';
import type { IdentityProvider, SigningCertificate } from './metadata.js';
import { BINDING, NAME_ID } from './names.js';
import { servesValidId, type ServiceProvider } from './service-provider.js';

const DAY = 86_400_000;
const SOON = 30 * DAY;

/** What the provider's metadata mean for Sandstorm, in the order of the form. Pure. */
export function judgeMetadata(idp: IdentityProvider, now: Date): Finding[] {
  return [
    finding('idp.entry-point', entryPoint(idp)),
    finding('idp.certificate', certificate(idp, now)),
    finding('idp.name-id', nameId(idp.nameIdFormats)),
    finding('idp.requests', requests(idp)),
    finding('idp.logout', logout(idp)),
    finding('idp.metadata-age', age(idp, now)),
  ];
}

/** What of this server's own addresses a provider may stumble over. Pure. */
export function judgeServiceProvider(base: BaseUrl, sp: ServiceProvider): Finding[] {
  const found: Finding[] = [];
  if (base.scheme === 'http') {
    found.push(
      finding(
        'sp.https',
        warn('BASE_URL is http: AD FS takes no such service, and the assertion travels unencrypted', {
          fix: ['give the server https (sandstorm-airgap tls check), or put a proxy before it'],
        }),
      ),
    );
  }
  if (!servesValidId(sp.entityId)) {
    found.push(
      finding(
        'sp.metadata',
        warn(
          `the metadata served at ${sp.metadataUrl} have an ID that begins with a digit: strict providers refuse them`,
          { fix: ['give the provider the file that --sp-metadata FILE writes'] },
        ),
      ),
    );
  }
  return found;
}

/**
 * The certificate for the form, which takes one: the first that is valid now, else the first.
 * Sandstorm looks at the key alone.
 */
export function certificateForForm(
  { certificates }: Pick<IdentityProvider, 'certificates'>,
  now: Date,
): SigningCertificate | undefined {
  const rsa = certificates.filter(({ keyType }) => keyType === 'rsa');
  const valid = rsa.find(({ notBefore, notAfter }) => notBefore <= now && now < notAfter);
  return valid ?? rsa[0] ?? certificates[0];
}

/** @param aheadMs how far the provider's clock is ahead of this machine's; an HTTP Date has whole seconds */
export function judgeClock(aheadMs: number): Finding {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const where = aheadMs > 0 ? 'ahead of' : 'behind';
  const said = `the provider's clock is ${seconds} s ${where} this machine's`;
  const fix = ['let both ask the same NTP server; on this machine: timedatectl'];
  if (seconds <= 1) return finding('idp.clock', pass('the clocks agree to the second'));
  if (aheadMs > 60_000) {
    return finding('idp.clock', fail([said, 'Sandstorm refuses what is signed for the future'], { fix }));
  }
  if (aheadMs > 0) {
    const line = 'Sandstorm allows for no difference: unless the provider dates back, logins fail';
    return finding('idp.clock', warn([said, line], { fix }));
  }
  if (seconds >= 240) {
    return finding('idp.clock', fail([said, 'answers have run out before they arrive'], { fix }));
  }
  if (seconds > 30) return finding('idp.clock', warn([said, 'answers are good for a shorter time'], { fix }));
  return finding('idp.clock', pass(said));
}

function entryPoint({ entryPoint: url, bindings }: IdentityProvider) {
  if (url === undefined) {
    const offered = bindings.map((binding) => binding.split(':').at(-1) ?? binding).join(', ') || 'nothing';
    return fail(`single sign-on with HTTP-Redirect is not offered (only ${offered})`, {
      fix: [`let the provider offer the binding ${BINDING.redirect}: Sandstorm knows no other`],
    });
  }
  if (!/^https?:\/\/[^\s/]/i.test(url)) return fail(`the entry point is no web address: ${url}`);
  if (/[&<"]/.test(url)) {
    return fail([`the entry point has a character that Sandstorm writes into XML as it is: ${url}`], {
      fix: ['let the provider offer an entry point without & in it, or with at most one parameter'],
    });
  }
  const unsafe = url.toLowerCase().startsWith('http:');
  return unsafe ? warn(`${url}, unencrypted: passwords are typed there`) : pass(url);
}

function certificate(idp: IdentityProvider, now: Date) {
  const chosen = certificateForForm(idp, now);
  if (chosen === undefined) {
    return fail(
      idp.brokenCertificates > 0
        ? 'the signing certificate in the metadata cannot be read'
        : 'the metadata name no signing certificate',
      { fix: ['ask for the token-signing certificate: without one, anybody could log in as anybody'] },
    );
  }
  const { subject, notAfter, notBefore, keyType, keyBits, fingerprint } = chosen;
  if (keyType !== 'rsa') {
    return fail(`the signing key is of type ${keyType}: Sandstorm checks RSA signatures only`, {
      fix: ['let the provider sign with an RSA key (2048 bits or more)'],
    });
  }
  const lines = [`${subject}, good until ${moment(notAfter)}`];
  if (keyBits !== undefined && keyBits < 2048) lines.push(`RSA with ${keyBits} bits can be broken`);
  if (notAfter <= now) lines.push('it has expired; Sandstorm does not mind, the provider will change it');
  else if (notBefore > now) lines.push(`it is valid only from ${moment(notBefore)}`);
  else if (notAfter.getTime() - now.getTime() < SOON) {
    lines.push('it expires soon: logins fail from the moment the provider signs with another one');
  }
  if (idp.certificates.length > 1) {
    lines.push(
      `${idp.certificates.length} are named and the form takes one: --response shows which one signs`,
    );
  }
  const fix = ['when the provider changes it, run this again and paste the new one at /admin/login'];
  const whole = [...lines, `SHA-256 ${fingerprint}`];
  return lines.length > 1 ? warn(whole, { fix }) : pass(whole);
}

function nameId(formats: readonly string[]) {
  if (formats.includes(NAME_ID.persistent)) return pass('persistent name ids are offered');
  if (formats.length === 0) {
    return skip('the metadata name no name id formats; it must be a persistent one');
  }
  const short = formats.map((format) => format.split(':').at(-1) ?? format).join(', ');
  const fix = [`let the provider answer with ${NAME_ID.persistent} for this service`];
  return formats.every((format) => /transient/i.test(format))
    ? fail(`only transient name ids are offered: Sandstorm refuses them, every login would be a new person`, {
        fix,
      })
    : warn(`persistent name ids are not named, only ${short}`, { fix });
}

function requests({ wantsSignedRequests }: IdentityProvider) {
  if (!wantsSignedRequests) return pass('takes requests that are not signed');
  return fail('the provider wants signed requests, and Sandstorm signs none', {
    fix: ['turn that off for this service (Keycloak: "Client signature required")'],
  });
}

function logout({ logout: url }: IdentityProvider) {
  return url === undefined ? skip('no logout with HTTP-Redirect; it is not needed') : pass(url);
}

function age({ validUntil, cacheSeconds }: IdentityProvider, now: Date) {
  const again = cacheSeconds === undefined ? [] : [`to be looked at again after ${span(cacheSeconds)}`];
  const fix = ['fetch the metadata anew: the certificate in these may be out of use'];
  if (validUntil === undefined) return pass(['without a date on which they run out', ...again]);
  const said = `valid until ${moment(validUntil)}`;
  if (validUntil <= now) return fail(`they ran out on ${moment(validUntil)}`, { fix });
  return validUntil.getTime() - now.getTime() < DAY
    ? warn([said, ...again], { fix: ['look again tomorrow whether the certificate is still the same'] })
    : pass([said, ...again]);
}

function span(seconds: number): string {
  const days = seconds / 86_400;
  return days >= 1 ? `${Math.round(days)} d` : `${Math.round(seconds / 60)} min`;
}
