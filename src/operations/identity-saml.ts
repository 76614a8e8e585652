import { finding, reported, type Finding } from '../identity/finding.js';
import { loginUrl } from '../identity/saml/authn-request.js';
import { decodeCaptured } from '../identity/saml/captured.js';
import { formFor, type SamlForm } from '../identity/saml/form.js';
import { certificateForForm, judgeMetadata, judgeServiceProvider } from '../identity/saml/judge-metadata.js';
import { judgeResponse } from '../identity/saml/judge-response.js';
import {
  readCertificate,
  readMetadata,
  type IdentityProvider,
  type SigningCertificate,
} from '../identity/saml/metadata.js';
import { followLogin, judgeLoginPage } from '../identity/saml/probe.js';
import { notSaml, readDocument } from '../identity/saml/refusals.js';
import {
  serviceProvider,
  serviceProviderMetadata,
  type ServiceProvider,
} from '../identity/saml/service-provider.js';
import { fail } from '../preflight/check.js';
import type { BaseUrl } from '../server/addresses.js';
import type { Host } from '../system/host.js';
import { randomHex } from '../system/random.js';
import type { Ui } from '../ui.js';
import { noFile, obtainMetadata } from './obtain-metadata.js';

export interface SamlWish {
  readonly base: BaseUrl;
  /** Metadata of the identity provider: a path, or an address. */
  readonly metadata: string | undefined;
  /** Which provider, where the metadata describe several. */
  readonly idpEntityId: string | undefined;
  /** Sandstorm's own entity id, where it is not the host name. */
  readonly entityId: string | undefined;
  /** A certificate file instead of the metadata's. */
  readonly certificate: string | undefined;
  readonly probe: boolean;
  /** A captured answer. */
  readonly response: string | undefined;
  /** When it was captured; default: when its file was last written. */
  readonly at: Date | undefined;
}

export interface SamlReport {
  readonly sp: ServiceProvider;
  readonly idp: IdentityProvider | undefined;
  readonly form: SamlForm | undefined;
  /** Of the provider and this server. */
  readonly setup: readonly Finding[];
  /** Of the captured answer. */
  readonly response: readonly Finding[];
}

/** Looks at an identity provider as Sandstorm would use it; changes nothing. */
export async function identitySaml(wish: SamlWish, host: Host, ui: Ui): Promise<SamlReport> {
  const sp = serviceProvider(wish.base, wish.entityId);
  const say = (group: string, findings: readonly Finding[]): void =>
    findings.forEach((one) => ui.check(reported(group, one)));

  const provider = await lookAtProvider(wish, host);
  const setup = [...(provider?.findings ?? []), ...judgeServiceProvider(wish.base, sp)];
  if (wish.probe && provider !== undefined) setup.push(...(await probe(provider.idp, sp, host)));
  say('Identity provider', setup);

  const response = await judgeCaptured(wish, sp, provider?.idp, host);
  say('Captured answer', response);
  const idp = provider?.idp;
  return { sp, idp, form: idp && formFor(idp, sp, host.clock.now()), setup, response };
}

/** The service provider's metadata as a file. @returns whether it was not there in this form already */
export async function writeServiceProvider(
  sp: ServiceProvider,
  path: string,
  dryRun: boolean,
  host: Host,
): Promise<boolean> {
  const text = serviceProviderMetadata(sp);
  if ((await host.files.readText(path)) === text) return false;
  if (!dryRun) await host.files.writeAtomic(path, text);
  return true;
}

export interface SeenProvider {
  readonly idp: IdentityProvider;
  readonly findings: readonly Finding[];
}

/** Reads the metadata and judges them. @returns undefined where none are given. @throws Refusal E_SAML_*, E_IO */
export async function lookAtProvider(
  { metadata, idpEntityId }: Pick<SamlWish, 'metadata' | 'idpEntityId'>,
  host: Host,
): Promise<SeenProvider | undefined> {
  if (metadata === undefined) return undefined;
  const { text, findings } = await obtainMetadata(metadata, host);
  const idp = readMetadata(readDocument(text, metadata), metadata, idpEntityId);
  return { idp, findings: [...judgeMetadata(idp, host.clock.now()), ...findings] };
}

async function probe(idp: IdentityProvider, sp: ServiceProvider, host: Host): Promise<Finding[]> {
  if (idp.entryPoint === undefined) return [];
  const start = loginUrl(idp.entryPoint, sp, randomHex(20), host.clock.now());
  try {
    return judgeLoginPage(await followLogin(start, host));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [finding('idp.login-page', fail(`${idp.entryPoint} gives no answer: ${why}`))];
  }
}

async function judgeCaptured(
  wish: SamlWish,
  sp: ServiceProvider,
  idp: IdentityProvider | undefined,
  host: Host,
): Promise<Finding[]> {
  const { response } = wish;
  if (response === undefined) return [];
  const [stat, bytes] = [
    await host.files.stat(response),
    await host.files.readBytes(response, MOST_RESPONSE),
  ];
  if (stat === undefined || bytes === undefined) throw noFile(response);
  const xml = decodeCaptured(bytes, response);
  const document = readDocument(xml, response);
  const { certificate, others } = await certificates(wish, idp, host);
  return judgeResponse(xml, document, { sp, certificate, others, at: wish.at ?? stat.mtime });
}

const MOST_RESPONSE = 1 << 20;

async function certificates(
  wish: SamlWish,
  idp: IdentityProvider | undefined,
  host: Host,
): Promise<{ readonly certificate: SigningCertificate; readonly others: readonly SigningCertificate[] }> {
  const named = idp?.certificates ?? [];
  const certificate =
    wish.certificate === undefined
      ? idp && certificateForForm(idp, host.clock.now())
      : await certificateFile(wish.certificate, host);
  if (certificate === undefined) {
    throw notSaml(
      wish.response ?? 'the answer',
      'there is no certificate to check it with',
      NEEDS_CERTIFICATE,
    );
  }
  const others = named.filter(({ fingerprint }) => fingerprint !== certificate.fingerprint);
  return { certificate, others };
}

const NEEDS_CERTIFICATE = "give the provider's metadata, or its certificate with --certificate FILE";

async function certificateFile(path: string, host: Host): Promise<SigningCertificate> {
  const text = await host.files.readText(path);
  if (text === undefined) throw noFile(path);
  const read = readCertificate(text);
  if (read === undefined) throw notSaml(path, 'it is no certificate (PEM or base64)', NEEDS_CERTIFICATE);
  return read;
}
