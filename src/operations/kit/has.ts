import { Refusal } from '../../errors.js';
import { signedManifest } from '../../kit/judge.js';
import { peekKit } from '../../kit/peek-kit.js';
import { readRequest, requireWelcome } from '../../kit/request.js';
import type { Host } from '../../system/host.js';
import type { CreateWish, Has } from './create-wish.js';

const NOTHING: Has = {
  base: null,
  request: undefined,
  builds: new Set(),
  packageIds: new Set(),
  sha256: new Set(),
};

/**
 * What need not be packed.
 * @param signer the key that will sign, and its line
 * @throws Refusal E_USAGE, E_KIT_REQUEST, E_KIT_UNTRUSTED, E_KIT_*
 */
export async function whatTheyHave(
  { request: requestFile, base: basePath }: Pick<CreateWish, 'request' | 'base'>,
  signer: { readonly key: string; readonly line: string },
  host: Host,
): Promise<Has> {
  if (requestFile !== undefined && basePath !== undefined) {
    throw new Refusal('E_USAGE', '--for and --base cannot both be given', {
      hint: '--for REQUEST is the surer one: the server itself says what it has',
    });
  }
  if (requestFile !== undefined) {
    const request = await readRequest(requestFile, host);
    requireWelcome(request, signer.key, signer.line);
    return {
      base: { kind: 'request', id: request.id },
      request,
      builds: new Set(request.build === null ? [] : [request.build]),
      packageIds: new Set(request.packages.map(({ packageId }) => packageId)),
      sha256: new Set(request.has),
    };
  }
  if (basePath === undefined) return NOTHING;
  const base = await peekKit(
    basePath,
    (bytes, signature) => Promise.resolve(signedManifest(basePath, bytes, signature)),
    host,
  );
  const packages = base.files.filter(({ kind }) => kind === 'package');
  return {
    base: { kind: 'kit', id: base.id },
    request: undefined,
    builds: new Set(base.builds),
    packageIds: new Set(packages.map(({ sha256 }) => sha256.slice(0, 32))),
    sha256: new Set(base.files.map(({ sha256 }) => sha256)),
  };
}
