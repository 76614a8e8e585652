import { join } from 'node:path';
import { ERROR_CODES, Refusal, type ErrorCode } from '../errors.js';
import { readInstallScript } from '../installer/script-file.js';
import { notPossible } from '../rehearsal/enter-room.js';
import { JOB_VARIABLE, OUTCOME_FILE, TRANSCRIPT_FILE, type Job, type JobOutcome } from '../rehearsal/job.js';
import { mountsToCopy } from '../rehearsal/mount-table.js';
import { planRoom, type CopiedMount } from '../rehearsal/room-plan.js';
import { stopped } from '../rehearsal/stoppable.js';
import { makeWorkPlace, requireNamespaces, type WorkPlace } from '../rehearsal/work-place.js';
import { readTrustStore } from '../release/signature/trust.js';
import { parseBaseUrl } from '../server/addresses.js';
import type { Host } from '../system/host.js';
import { ownCommand, ownFolder, ownNamespace, runPrivately } from '../system/namespaces.js';
import type { Ui } from '../ui.js';
import { asTyped, type ProofWish } from './authenticity.js';
import type { InstallWish } from './install-plan.js';
import type { Patience } from './prove.js';
import { filesToBring } from './rehearse-files.js';
import type { RehearsalResult } from './rehearse.js';

export interface GenuineWish extends Omit<InstallWish, 'unprivileged'> {
  readonly installScript: string;
  readonly tarball: string;
  readonly newerTarball: string | undefined;
  readonly waive: readonly string[];
  readonly proof: ProofWish;
  readonly patience: Patience;
  /** Nothing on the screen. */
  readonly quiet: boolean;
}

const LONGEST_MS = 30 * 60_000;
/** RFC 5737: an address that nobody has. */
const EXAMPLE_ADDRESS = '192.0.2.10';
const LARGEST_ANSWER = 4 * 1024 * 1024;

/**
 * The journey with the files that were given, on a copy-on-write view of this very machine in namespaces of
 * its own. Needs root; changes nothing outside its work folder, which is gone afterwards.
 * @throws Refusal E_NEEDS_ROOT, E_REHEARSAL; whatever stopped the play before it began
 */
export async function rehearseGenuine(wish: GenuineWish, host: Host, ui: Ui): Promise<RehearsalResult> {
  refuseHttps(wish.baseUrl);
  const began = host.clock.monotonic();
  const { loopback } = await requireNamespaces(host);
  await readInstallScript(wish.installScript, host);
  for (const tarball of [wish.tarball, wish.newerTarball]) await requireFile(tarball, host);

  return host.unbroken(async () => {
    const mountinfo = (await host.files.readStart('/proc/self/mountinfo', LARGEST_ANSWER)).toString('utf8');
    const place = await makeWorkPlace(mountinfo, host);
    try {
      const { job, notes } = await prepare(wish, place, mountinfo, loopback, host);
      ui.say('  A view of this machine with its own processes, network and names; the files are yours.');
      ui.say(`  What it writes goes to ${place.where}, and away.`);
      const { scenes } = await carryOut(job, place, wish.quiet, host);
      return {
        scenes,
        asExpected: scenes.every(({ asExpected }) => asExpected),
        tookMs: Math.round(host.clock.monotonic() - began),
        notes,
      };
    } finally {
      await clearAway(place, host);
    }
  });
}

async function prepare(
  wish: GenuineWish,
  place: WorkPlace,
  mountinfo: string,
  loopback: 'ip' | 'ifconfig',
  host: Host,
): Promise<{ job: Job; notes: readonly string[] }> {
  const { folder } = place;
  const exchange = join(folder, 'exchange');
  await host.files.makeDir(exchange, 0o700);
  const { hideHome, hideFiles, notes } = await differences(wish, host);
  const { newerTarball } = wish;
  const { files, inside } = await filesToBring(wish, host);
  const address = addressFor(wish);
  const root = await describeMount('/', 'root', host);
  if (root === undefined) throw notPossible('/ cannot be looked at');
  const mounts = await Promise.all(
    mountsToCopy(mountinfo).map(({ at, type }) => describeMount(at, type, host)),
  );

  const steps = planRoom({
    work: folder,
    inMemory: place.inMemory,
    root,
    mounts: mounts.filter((mount) => mount !== undefined),
    files,
    tool: [(await host.files.realPath(ownFolder())) ?? ownFolder()],
    hideHome,
    hideFiles,
    address,
    loopback,
  });
  const { home, baseUrl, wildcardHost, ports, bindIp, serverUser, waive, proof, patience } = wish;
  const typed = asTyped(proof);
  const job: Job = {
    steps,
    exchange,
    namespaces: {
      mnt: await ownNamespace('mnt'),
      pid: await ownNamespace('pid'),
      net: await ownNamespace('net'),
    },
    play: {
      ...{ home, baseUrl, wildcardHost, ports, bindIp, serverUser, waive, patience, address },
      installScript: inside(wish.installScript),
      tarball: inside(wish.tarball),
      newerTarball: newerTarball === undefined ? undefined : inside(newerTarball),
      proof: { ...proof, keyFile: proof.keyFile === undefined ? undefined : inside(proof.keyFile) },
      trusted: await readTrustStore(host),
      commands: {
        install: `sandstorm-airgap install ${wish.tarball} --install-script ${wish.installScript} --base-url ${baseUrl} --wildcard-host '${wildcardHost}'${typed}`,
        update: `sandstorm-airgap update ${newerTarball ?? ''}${typed}`,
      },
    },
  };
  return { job, notes };
}

/** What must be out of sight in the view, and in what it differs from the machine. */
async function differences(
  { home }: GenuineWish,
  host: Host,
): Promise<{ hideHome: string | undefined; hideFiles: string[]; notes: string[] }> {
  const notes: string[] = [];
  const { initDir, binDir, systemdUnitDirs } = host.layout;
  const used = (await host.files.list(home)).length > 0;
  if (used) notes.push(`${home} was shown empty: what is there now took no part in it.`);
  const hideFiles: string[] = [];
  const ownFiles = [
    ...['sandstorm', 'spk'].map((name) => join(binDir, name)),
    ...systemdUnitDirs.map((dir) => join(dir, 'sandstorm.service')),
    join(initDir, 'sandstorm'),
  ];
  for (const path of ownFiles) {
    if (!path.startsWith('/run/') && (await host.files.lstat(path)) !== undefined) hideFiles.push(path);
  }

  const first = (await host.files.readText('/proc/1/comm').catch(() => undefined))?.trim();
  const hasScripts = (await host.files.stat(initDir)) !== undefined;
  const hasService = (await host.commands.which('service')) !== undefined;
  // install.sh calls `service` wherever there is the folder, and dies where there is no such program.
  if (hasScripts && !hasService) hideFiles.push(initDir);
  const starter =
    hasScripts && hasService
      ? `an init script in ${initDir} started the server`
      : 'the sandstorm command started the server';
  if (first === 'systemd') {
    notes.push(`systemd runs this machine and cannot run in a view of it: ${starter}, not a unit.`);
  } else if (hasScripts && !hasService) {
    notes.push(`there is no "service" program here, without which install.sh fails: ${starter}.`);
  }
  return { hideHome: used ? ((await host.files.realPath(home)) ?? home) : undefined, hideFiles, notes };
}

/** All names lead to one address of the view, which the server listens on. */
function addressFor({ baseUrl, bindIp }: GenuineWish): string {
  if (bindIp !== '0.0.0.0' && bindIp !== '::') return bindIp;
  const base = parseBaseUrl(baseUrl);
  return base.isAddress ? base.host.replace(/^\[|\]$/g, '') : EXAMPLE_ADDRESS;
}

async function describeMount(at: string, type: string, host: Host): Promise<CopiedMount | undefined> {
  const stat = await host.files.stat(at).catch(() => undefined);
  if (stat?.kind !== 'directory' && stat?.kind !== 'file') return undefined;
  const { kind, mode, uid, gid } = stat;
  return { at, type, kind, mode, uid, gid };
}

async function carryOut(
  job: Job,
  place: WorkPlace,
  quiet: boolean,
  host: Host,
): Promise<Extract<JobOutcome, { scenes: unknown }>> {
  const jobFile = join(place.folder, 'job.json');
  await host.files.writeAtomic(jobFile, JSON.stringify(job), 0o600);
  const run = runPrivately([...ownCommand(), 'rehearse', ...(quiet ? ['--json'] : [])], {
    env: environment(jobFile, host),
    quiet,
    setpriv: await host.commands.which('setpriv'),
  });
  const stop = (): void => void run.kill();
  const state = { late: false };
  const timer = setTimeout(() => {
    state.late = true;
    stop();
  }, LONGEST_MS);
  host.interrupted.addEventListener('abort', stop, { once: true });
  if (host.interrupted.aborted) stop();
  const { stderr } = await run.done;
  clearTimeout(timer);
  host.interrupted.removeEventListener('abort', stop);

  const transcript = await host.files.readTail(join(job.exchange, TRANSCRIPT_FILE), LARGEST_ANSWER);
  for (const line of transcript.split('\n')) host.log(`inside: ${line}`);
  if (host.interrupted.aborted) throw stopped();
  if (state.late) throw new Refusal('E_REHEARSAL', 'the rehearsal did not come to an end and was stopped');
  const text = await host.files.readText(join(job.exchange, OUTCOME_FILE), LARGEST_ANSWER);
  if (text === undefined) throw new Refusal('E_REHEARSAL', `the rehearsal broke off: ${stderr.trim()}`);
  const outcome = JSON.parse(text) as JobOutcome;
  if ('scenes' in outcome) return outcome;
  const { code, message, hint } = outcome.refusal;
  throw Refusal.retold(isCode(code) ? code : 'E_REHEARSAL', message, hint === undefined ? {} : { hint });
}

/** Nothing of the caller's settings: all that counts is in the job. */
function environment(jobFile: string, host: Host): Record<string, string> {
  const kept = ['PATH', 'TERM', 'NO_COLOR', 'LANG', 'LC_ALL'].flatMap((name) => {
    const value = host.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    HOME: '/root',
    [JOB_VARIABLE]: jobFile,
    SANDSTORM_AIRGAP_STATE_DIR: '/var/lib/sandstorm-airgap-rehearsal',
  };
}

/** The namespaces are gone with their processes, and with them all mounts; what is left are plain files. */
async function clearAway({ folder }: WorkPlace, host: Host): Promise<void> {
  for (let again = 0; ; again += 1) {
    const failed = await host.files.remove(folder).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (failed === undefined) return;
    if (again === 20) {
      throw new Refusal('E_REHEARSAL', `the rehearsal's folder could not be removed: ${failed}`, {
        hint: `rm -rf ${folder}`,
      });
    }
    await host.clock.sleep(100);
  }
}

function refuseHttps(baseUrl: string): void {
  if (parseBaseUrl(baseUrl).scheme === 'http') return;
  throw new Refusal('E_BAD_VALUE', `${baseUrl}: no proxy and no certificate take part in a rehearsal`, {
    hint: 'rehearse with an http address, for example the one the proxy passes requests to',
  });
}

async function requireFile(path: string | undefined, host: Host): Promise<void> {
  if (path === undefined || (await host.files.stat(path))?.kind === 'file') return;
  throw new Refusal('E_TARBALL_MISSING', `there is no file ${path}`, {
    hint: 'give the path of a release tarball, or a folder that holds one',
  });
}

function isCode(code: string): code is ErrorCode {
  return code in ERROR_CODES;
}
