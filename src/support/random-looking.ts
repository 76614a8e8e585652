/** Public: the hash of a file that everybody may have, or of a key. */
const PUBLIC = /(?:sha-?256|sha-?512|digest|fingerprint|checksum)["']?[\s:=]{0,4}["']?$/i;
/** Ids of apps, in the letters that Sandstorm writes them with. */
const APP_ID = /^[0-9acdefghjkmnpqrstuvwxyz]{52}$/;

/**
 * Whether a run of letters and digits is one that a machine has drawn: a token, a key, a password of a password
 * manager. Names, paths and times are none. Pure.
 * @param before what stands before it
 */
export function looksRandom(run: string, before: string): boolean {
  if (PUBLIC.test(before) && /^[0-9a-f]{64}$/i.test(run)) return false;
  if (APP_ID.test(run)) return false;
  if (/^[0-9a-f-]{32,}$/i.test(run) && /[0-9]/.test(run)) return true;
  // A path, or words with hyphens: each of its parts is judged.
  return run.split(/[/_-]/).some(isDrawn) || isDense(run);
}

/** Letters of both cases and digits through each other, or many digits among letters. */
function isDrawn(part: string): boolean {
  if (part.length < 14) return false;
  const digits = count(part, /[0-9]/g);
  const capitals = count(part, /[A-Z]/g);
  const small = count(part, /[a-z]/g);
  if (digits >= 2 && capitals >= 2 && small >= 2) return true;
  return (
    part.length >= 20 && digits >= 3 && capitals + small >= 3 && digits + capitals + small === part.length
  );
}

/** base64 that slashes and signs have cut into short parts. */
function isDense(run: string): boolean {
  if (run.length < 24 || run.startsWith('/')) return false;
  const changes = count(run, /(?:[a-z](?=[A-Z0-9])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z]))/g);
  return changes * 5 > run.length && /[0-9]/.test(run) && /[A-Z]/.test(run) && /[a-z]/.test(run);
}

const count = (text: string, what: RegExp): number => text.match(what)?.length ?? 0;
