import { proofWords, type Proof } from '../release/proof.js';
import { KIND_NAMES, showKey } from '../release/signature/keys.js';
import { bytes } from '../words.js';
import type { InstallPlan, InstallStep } from './install-plan.js';

/** The plan as a person reads it: what --dry-run prints is what runs. */
export function describeInstall(plan: InstallPlan): string[] {
  const { wish } = plan;
  const ports = [
    `HTTP ${wish.ports.http.join(', ')}`,
    ...(wish.ports.https === undefined ? [] : [`HTTPS ${String(wish.ports.https)}`]),
    `database ${String(wish.ports.mongo)}`,
    `mail ${String(wish.ports.smtp)}`,
  ].join(', ');
  return [
    `  Install ${plan.release} into ${plan.home}`,
    '',
    `      Release    ${proofWords(plan.proof)}`,
    ...newTrust(plan.proof),
    `      Address    ${wish.baseUrl}, ${wish.wildcardHost}`,
    `      Ports      ${ports}, on ${wish.bindIp}`,
    `      Runs as    ${wish.serverUser}${plan.before.userExisted ? '' : ' (will be made)'}`,
    `      Updates    off (UPDATE_CHANNEL=none)`,
    '',
    ...numbered(plan.steps.map((step) => installStep(step, plan))),
    '',
  ];
}

/** What that key signs is installed without a question from then on: nobody shall agree to it unawares. */
export function newTrust({ newTrust: key }: Proof): string[] {
  if (key === null) return [];
  return [`      Trusts     ${showKey(key)} (${KIND_NAMES[key.kind]}) from now on: ${key.reason}`];
}

function installStep(step: InstallStep, plan: InstallPlan): readonly [string, string] {
  switch (step.do) {
    case 'clean-up-interrupted':
      return ['remove what the interrupted installation left', step.run];
    case 'run-install-script':
      return ["run Sandstorm's install.sh", `${bytes(plan.unpackedBytes)} into ${plan.home}`];
    case 'write-conf':
      return ['write sandstorm.conf as above', 'every other line stays'];
    case 'restart':
      return ['restart', plan.wish.unprivileged ? 'by the sandstorm command' : 'through the init system'];
    case 'prove-healthy':
      return ['prove it well', `stable for ${String(step.stableSeconds)} s`];
  }
}

export function numbered(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([what]) => what.length));
  return rows.map(([what, note], index) =>
    `      ${String(index + 1)}  ${what.padEnd(width)}   ${note}`.trimEnd(),
  );
}
