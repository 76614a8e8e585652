import { Refusal, type ErrorCode } from '../../errors.js';
import type { NotProven } from '../../refusal-facts.js';
import type { Finding, Findings } from './finding.js';
import { typeKey } from './keys.js';

type Of<S extends Finding['state']> = Extract<Finding, { state: S }>;

/** Whether a tarball is what a trusted key signed. */
export type Verdict =
  | { readonly authentic: true; readonly by: readonly Of<'valid'>[] }
  | {
      readonly authentic: false;
      readonly code: Extract<
        ErrorCode,
        'E_TARBALL_UNSIGNED' | 'E_SIGNATURE_WRONG' | 'E_SIGNATURE_UNTRUSTED_KEY' | 'E_SIGNATURE_FORMAT'
      >;
      readonly message: string;
      readonly hint: string;
    };

/**
 * One right signature by a trusted key is enough, unless the other one is wrong or broken: then somebody
 * has had a hand in it, or a copy went wrong, and nothing of it is used. One that says nothing (a key we
 * do not have or trust, a hash that proves nothing) neither helps nor harms, because whoever wants to
 * harm could as well leave it out.
 */
export function judge(findings: Findings): Verdict {
  const wrong = first(findings, 'wrong');
  if (wrong !== undefined) {
    return refused(
      'E_SIGNATURE_WRONG',
      `the signature ${wrong.file} does not vouch for this tarball: ${wrong.why}`,
      'do not use this tarball; copy both again from where they were downloaded, and compare sha256sum on both sides',
    );
  }
  const malformed = first(findings, 'malformed');
  if (malformed !== undefined) {
    return refused(
      'E_SIGNATURE_FORMAT',
      `${malformed.file} is no signature: ${malformed.why}`,
      'copy it again from where the tarball was downloaded',
    );
  }
  const by = findings.filter((finding) => finding.state === 'valid');
  if (by.length > 0) return { authentic: true, by };

  const unknown = first(findings, 'unknown-key');
  if (unknown !== undefined) {
    return refused(
      'E_SIGNATURE_UNTRUSTED_KEY',
      `the signature ${unknown.file} proves nothing here: ${unknown.why}`,
      unknownKeyHint(unknown),
    );
  }
  const weak = first(findings, 'weak');
  if (weak !== undefined) {
    return refused(
      'E_SIGNATURE_WRONG',
      `the signature ${weak.file} proves nothing: ${weak.why}`,
      'put the .update-sig file, which lies beside the tarball where it was downloaded, beside it here',
    );
  }
  return refused(
    'E_TARBALL_UNSIGNED',
    `there is no signature beside the tarball: neither ${findings.map(({ file }) => file).join(' nor ')}`,
    'put the .update-sig file, which lies beside the tarball where it was downloaded, beside it here\n' +
      'or, knowing better, let install and update go on without proof: --allow-unsigned',
  );
}

/** The refusal of a verdict that is one. @param result for --json */
export function notAuthentic(verdict: Extract<Verdict, { authentic: false }>, result?: NotProven): Refusal {
  const facts = result === undefined ? {} : { result };
  return new Refusal(verdict.code, verdict.message, { hint: verdict.hint, ...facts });
}

function unknownKeyHint({ kind, fingerprint, matches, trusted }: Of<'unknown-key'>): string {
  const give = "give the key itself: --key FILE, a key file or Sandstorm's install.sh, which carries it";
  if (!matches || fingerprint === undefined) return trusted ? give : `${give}; it must be trusted too`;
  const key = typeKey({ kind, fingerprint });
  return [
    'only if this is a key that Sandstorm has announced, compared digit by digit:',
    `sandstorm-airgap trust add ${key} --reason '...'`,
    `or --trust-key ${key} --trust-reason '...' with install and update`,
  ].join('\n');
}

function first<S extends Finding['state']>(findings: Findings, state: S): Of<S> | undefined {
  return findings.find((finding): finding is Of<S> => finding.state === state);
}

function refused(
  code: Extract<Verdict, { authentic: false }>['code'],
  message: string,
  hint: string,
): Verdict {
  return { authentic: false, code, message, hint };
}
