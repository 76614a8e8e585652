import { basename, join } from 'node:path';
import { Refusal } from '../errors.js';
import { calmUi } from '../rehearsal/calm-ui.js';
import { enterRoom } from '../rehearsal/enter-room.js';
import { OUTCOME_FILE, TRANSCRIPT_FILE, type Job, type JobOutcome, type Play } from '../rehearsal/job.js';
import { ROOM } from '../rehearsal/room-plan.js';
import { openStage, type Scene } from '../rehearsal/scenes.js';
import { addTrust } from '../release/signature/trust.js';
import { parseBaseUrl, parseWildcardHost, starName } from '../server/addresses.js';
import { startDnsServer } from '../system/dns-server.js';
import type { Host } from '../system/host.js';
import { systemHttp } from '../system/http.js';
import { ownNamespace } from '../system/namespaces.js';
import type { Ui } from '../ui.js';
import { duration } from '../words.js';
import { install, type InstallRequest } from './install.js';
import { findInstallScript } from './pick.js';
import { statusWords } from './rehearse.js';
import { status } from './status.js';
import { UPDATE_AS_USUAL, update, type UpdateRequest } from './update.js';

const LARGEST_JOB = 1024 * 1024;

/**
 * The half of the rehearsal that runs in namespaces of its own: turns the view into its machine, plays, and
 * leaves the outcome in the exchange folder. Whatever it starts ends with the pid namespace.
 */
export async function rehearseInside(
  jobFile: string,
  host: Host,
  ui: Ui,
  keepTranscript: (file: string) => void,
): Promise<void> {
  const job = JSON.parse((await host.files.readText(jobFile, LARGEST_JOB)) ?? '') as Job;
  await requireOwnNamespaces(job);
  // Opened while it still has a name here; the descriptor outlives the change of root.
  keepTranscript(join(job.exchange, TRANSCRIPT_FILE));
  let exchange = job.exchange;
  const outcome = await (async (): Promise<JobOutcome> => {
    await enterRoom(job.steps, host);
    exchange = ROOM.exchange;
    return { scenes: await playAll(job.play, host, ui) };
  })().catch(refusalOf);
  await host.files.writeAtomic(join(exchange, OUTCOME_FILE), JSON.stringify(outcome));
}

/** Never on the real machine, whoever sets the variable. */
async function requireOwnNamespaces(job: Job): Promise<void> {
  for (const kind of ['mnt', 'pid', 'net'] as const) {
    const own = await ownNamespace(kind);
    if (own === undefined || job.namespaces[kind] === undefined || own === job.namespaces[kind]) {
      throw new Refusal('E_REHEARSAL', 'this half of a rehearsal only runs in namespaces of its own');
    }
  }
}

async function playAll(play: Play, outer: Host, ui: Ui): Promise<readonly Scene[]> {
  const base = parseBaseUrl(play.baseUrl);
  await startDnsServer({
    port: 53,
    records: [
      ...(base.isAddress ? [] : [{ pattern: base.host, address: play.address }]),
      { pattern: starName(parseWildcardHost(play.wildcardHost)), address: play.address },
    ],
  });
  // Node read the machine's list of servers when it started, before /etc/resolv.conf was the view's own.
  const dns = { ...outer.dns, systemServers: () => ['127.0.0.1'] };
  const host: Host = { ...outer, dns, http: systemHttp(dns) };
  // Its state folder is as empty as that of a machine where nothing was ever installed.
  for (const key of play.trusted) await addTrust(key, key.reason, host);
  const calm = calmUi(ui);
  const stage = openStage(host, calm);

  await stage.play(`install ${basename(play.tarball)}`, play.commands.install, async () => {
    const { healthy, setupLink, build } = await install(installRequest(play), host, calm);
    const now = await status(play.home, host);
    return {
      asExpected:
        healthy && setupLink !== null && now.healthy && now.build === build && now.channel === 'none',
      said: `${statusWords(now)}, service: ${now.serviceManager ?? 'none'}`,
    };
  });
  // Without a server the rest would only repeat what went wrong.
  if (stage.scenes[0]?.asExpected !== true) return stage.scenes;
  await stage.play('install it once more', play.commands.install, async () => {
    const { changed } = await install(installRequest(play), host, calm);
    if (!changed) ui.say('  Installed as wanted and well: nothing to do.');
    return {
      asExpected: !changed,
      said: changed ? 'something was changed' : 'nothing to do, nothing changed',
    };
  });
  const { newerTarball } = play;
  if (newerTarball === undefined) return stage.scenes;
  await stage.play(`update to ${basename(newerTarball)}`, play.commands.update, async () => {
    const before = await status(play.home, host);
    const { healthy, pauseMs } = await update(await updateRequest(play, newerTarball, host), host, calm);
    const now = await status(play.home, host);
    return {
      asExpected: healthy && now.healthy && now.build !== before.build,
      said: `${statusWords(now)}, pause ${duration(pauseMs ?? 0)}`,
    };
  });
  return stage.scenes;
}

function installRequest(play: Play): InstallRequest {
  const { home, tarball, installScript, baseUrl, wildcardHost, ports, bindIp, serverUser } = play;
  return {
    home,
    tarball,
    installScript,
    baseUrl,
    wildcardHost,
    ports,
    bindIp,
    serverUser,
    unprivileged: false,
    scriptEnv: {},
    ...common(play),
  };
}

async function updateRequest(play: Play, tarball: string, host: Host): Promise<UpdateRequest> {
  const installScript = await findInstallScript(tarball, host);
  return {
    home: play.home,
    tarball,
    installScript,
    allowDowngrade: false,
    reinstall: false,
    ...UPDATE_AS_USUAL,
    ...common(play),
  };
}

function common({
  waive,
  proof,
  patience,
}: Play): Pick<
  InstallRequest,
  'resolvers' | 'expectAddress' | 'waive' | 'proof' | 'stagingDir' | 'patience' | 'dryRun' | 'keepTranscript'
> {
  return {
    resolvers: [],
    expectAddress: undefined,
    waive,
    proof,
    stagingDir: undefined,
    patience,
    dryRun: false,
    keepTranscript: () => undefined,
  };
}

function refusalOf(error: unknown): JobOutcome {
  if (error instanceof Refusal) {
    const { code, message, hint } = error;
    return { refusal: { code, message, hint } };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { refusal: { code: 'E_UNEXPECTED', message, hint: undefined } };
}
