import { Refusal, type ErrorCode } from '../errors.js';
import { calmUi, type CalmUi } from '../rehearsal/calm-ui.js';
import { openStage, type Scene, type Stage } from '../rehearsal/scenes.js';
import { stopped } from '../rehearsal/stoppable.js';
import { buildWorld, type World } from '../rehearsal/world.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { duration } from '../words.js';
import { install, type InstallRequest } from './install.js';
import type { Patience } from './prove.js';
import { rollback, type RollbackRequest } from './rollback.js';
import { status, type StatusResult } from './status.js';
import { UPDATE_AS_USUAL, update } from './update.js';

export interface RehearsalResult {
  readonly scenes: readonly Scene[];
  readonly asExpected: boolean;
  readonly tookMs: number;
  /** What differs from the real thing, and what a person should know. */
  readonly notes: readonly string[];
}

const PATIENCE: Patience = { startTimeoutMs: 8_000, stableMs: 1500, scriptTimeoutMs: 60_000 };

/**
 * The whole journey with stand-ins in a throw-away folder: nothing outside it is touched, nothing stays,
 * however it ends.
 */
export async function rehearse(host: Host, ui: Ui): Promise<RehearsalResult> {
  const began = host.clock.monotonic();
  const scenes = await host.unbroken(async () => {
    const world = await buildWorld(host);
    const calm = calmUi(ui);
    const stage = openStage(host, calm);
    try {
      ui.say(
        `  A throw-away machine in ${world.root}, with its own DNS, a stand-in install.sh and releases.`,
      );
      await playAll(world, calm, stage);
    } catch (error) {
      if (!host.interrupted.aborted) throw error;
    } finally {
      await world.end();
    }
    if (host.interrupted.aborted) throw stopped();
    return stage.scenes;
  });
  return {
    scenes,
    asExpected: scenes.every(({ asExpected }) => asExpected),
    tookMs: Math.round(host.clock.monotonic() - began),
    notes: [],
  };
}

async function playAll(world: World, ui: CalmUi, stage: Stage): Promise<void> {
  const first = await world.makeRelease(308);
  const second = await world.makeRelease(309);
  const broken = await world.makeTruncated(await world.makeRelease(310));
  const dead = await world.makeRelease(311, 'never_answers=yes\n');
  const third = await world.makeRelease(312);

  const update_ = (tarball: string) => update(updateRequest(world, tarball), world.host, ui);
  const refusedWith =
    (code: ErrorCode, build: number, healthy: boolean, act: () => Promise<unknown>) => async () => {
      const seen = await act().then(
        () => undefined,
        (error: unknown) => error,
      );
      const now = await status(world.home, world.host);
      const refused = seen instanceof Refusal && seen.code === code;
      return {
        asExpected: refused && now.build === build && now.healthy === healthy,
        said: `${seen instanceof Refusal ? seen.code : 'not refused'}; ${statusWords(now)}`,
      };
    };

  await stage.play('install build 308', INSTALL, async () => {
    const { healthy, setupLink } = await install(installRequest(world, first), world.host, ui);
    const now = await status(world.home, world.host);
    return {
      asExpected: healthy && setupLink !== null && now.build === 308 && now.channel === 'none',
      said: statusWords(now),
    };
  });
  await stage.play('install it once more', INSTALL, async () => {
    const { changed } = await install(installRequest(world, first), world.host, ui);
    if (!changed) ui.say('  Build 308 is installed as wanted and well: nothing to do.');
    return {
      asExpected: !changed,
      said: changed ? 'something was changed' : 'nothing to do, nothing changed',
    };
  });
  await stage.play('update to build 309', `${UPDATE}sandstorm-309.tar.xz`, async () => {
    const { healthy, pauseMs } = await update_(second);
    const now = await status(world.home, world.host);
    return {
      asExpected: healthy && now.build === 309 && now.healthy,
      said: `${statusWords(now)}, pause ${duration(pauseMs ?? 0)}`,
    };
  });
  await stage.play(
    'update from a tarball that broke off',
    `${UPDATE}sandstorm-310.tar.xz`,
    refusedWith('E_TARBALL_CORRUPT', 309, true, () => update_(broken)),
  );
  await stage.play(
    'update to a build that never answers',
    `${UPDATE}sandstorm-311.tar.xz`,
    refusedWith('E_UPDATE_UNDONE', 309, true, () => update_(dead)),
  );
  await stage.play('go back to build 308 by hand', 'sandstorm-airgap rollback', async () => {
    const { healthy } = await rollback(rollbackRequest(world), world.host, ui);
    const now = await status(world.home, world.host);
    return { asExpected: healthy && now.build === 308 && now.healthy, said: statusWords(now) };
  });
  await stage.play('update to build 312, which is well', `${UPDATE}sandstorm-312.tar.xz`, async () => {
    const { healthy } = await update_(third);
    const now = await status(world.home, world.host);
    return { asExpected: healthy && now.build === 312 && now.healthy, said: statusWords(now) };
  });
}

/** As typed on a real server with the stick's folder as the working one. */
const INSTALL =
  'sandstorm-airgap install sandstorm-308.tar.xz --install-script install.sh --base-url http://sandstorm.corp.lan:6080';
const UPDATE = 'sandstorm-airgap update ';

function installRequest(world: World, tarball: string): InstallRequest {
  const { home, baseUrl, wildcardHost, ports, serverUser, installScript, scriptEnv } = world;
  return {
    home,
    tarball,
    installScript,
    baseUrl,
    wildcardHost,
    ports: { http: [ports.http], mongo: ports.mongo, smtp: ports.smtp },
    bindIp: '127.0.0.1',
    serverUser,
    unprivileged: true,
    ...COMMON,
    scriptEnv,
  };
}

function updateRequest({ home }: World, tarball: string): Parameters<typeof update>[0] {
  return {
    home,
    tarball,
    installScript: undefined,
    allowDowngrade: false,
    reinstall: false,
    ...UPDATE_AS_USUAL,
    ...COMMON,
  };
}

function rollbackRequest({ home }: World): RollbackRequest {
  const { waive, patience, dryRun, keepTranscript } = COMMON;
  return { home, to: undefined, waive, patience, dryRun, keepTranscript };
}

const COMMON = {
  resolvers: [],
  expectAddress: undefined,
  waive: [],
  proof: { allowUnsigned: false, keyFile: undefined, trustKey: undefined },
  stagingDir: undefined,
  patience: PATIENCE,
  dryRun: false,
  keepTranscript: () => undefined,
};

export function statusWords({ build, running, healthy }: StatusResult): string {
  return `build ${String(build ?? '?')}, ${running ? 'running' : 'not running'}, ${healthy ? 'healthy' : 'not healthy'}`;
}
