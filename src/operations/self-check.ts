import { createHash } from 'node:crypto';
import { Refusal } from '../errors.js';
import { stateDirs } from '../journal/state-dir.js';
import type { ReportedCheck } from '../preflight/check.js';
import { osKernel } from '../preflight/checks/os-kernel.js';
import { osLinux } from '../preflight/checks/os-linux-x86_64.js';
import { osTools } from '../preflight/checks/os-tools.js';
import { runChecks } from '../preflight/run-checks.js';
import type { Host } from '../system/host.js';
import type { BuildFacts, OwnBuild } from '../system/own-build.js';
import type { Ui } from '../ui.js';

export interface SelfCheck {
  readonly version: string;
  /** null when it runs from the sources. */
  readonly build: Omit<BuildFacts, 'files' | 'version'> | null;
  readonly parts: number;
  readonly program: NonNullable<OwnBuild['program']> | null;
  readonly node: string;
  readonly glibc: string | null;
  readonly machine: readonly ReportedCheck[];
}

export interface Running {
  readonly version: string;
  readonly build: OwnBuild | undefined;
  readonly node: string;
  readonly glibc: string | undefined;
}

/**
 * Whether the tool is the one that was built, and what it would miss on this machine.
 * @throws Refusal E_SELF_DAMAGED
 */
export async function selfCheck(running: Running, home: string, host: Host, ui: Ui): Promise<SelfCheck> {
  const { version, build, node, glibc } = running;
  const own = build === undefined ? null : await proven(build);
  const subject = {
    phase: 'install',
    home,
    resolvers: [],
    unprivileged: host.user.uid !== 0,
    stagingDir: stateDirs(home, host).staging,
  } as const;
  const machine = await runChecks([osLinux, osKernel, osTools], subject, host, [], ui.check);
  return {
    version,
    build: own,
    parts: Object.keys(build?.facts.files ?? {}).length,
    program: build?.program ?? null,
    node,
    glibc: glibc ?? null,
    machine,
  };
}

async function proven(build: OwnBuild): Promise<NonNullable<SelfCheck['build']>> {
  const { files, commit, dirty, date, node, bundle } = build.facts;
  const facts = { commit, dirty, date, node, bundle };
  const list = Object.entries(files).map(([name, hash]) => `${hash}  ${name}\n`);
  const damaged = sha256(list.join('')) === facts.bundle ? [] : ['build.json'];
  for (const [name, hash] of Object.entries(files)) {
    const bytes = await build.part(name);
    if (bytes === undefined || sha256(bytes) !== hash) damaged.push(name);
  }
  if (damaged.length > 0) throw selfDamaged(damaged, facts);
  return facts;
}

function selfDamaged(damaged: readonly string[], build: NonNullable<SelfCheck['build']>): Refusal {
  return new Refusal(
    'E_SELF_DAMAGED',
    `parts of this tool are not what was built: ${damaged.slice(0, 5).join(', ')}`,
    {
      hint: 'take it from the package once more, after  sha256sum -c --ignore-missing SHA256SUMS',
      result: { ...build, damaged },
    },
  );
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
