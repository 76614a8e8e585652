import { readConf } from '../config/conf-file.js';
import { getValue } from '../config/sandstorm-conf.js';
import { Refusal } from '../errors.js';
import { peekRelease } from '../release/peek.js';
import { complaints, isHealthy, readHealth } from '../server/health.js';
import type { HomeState } from '../server/home-state.js';
import { findServiceManager } from '../service/find-service-manager.js';
import type { Host } from '../system/host.js';
import { differences } from './install-plan.js';
import { differentServer, differentSettings } from './install-refusals.js';
import { installTarget } from './install-target.js';
import type { InstallRequest, InstallResult } from './install.js';

/**
 * The outcome of a second run: nothing to do, when HOME has a healthy server of the tarball's build with
 * the wanted settings. undefined when there is no server yet.
 * @throws Refusal E_ALREADY_INSTALLED, E_INSTALLED_DIFFERENTLY, E_SERVER_UNHEALTHY
 */
export async function alreadyInstalled(
  request: InstallRequest,
  state: HomeState,
  host: Host,
): Promise<InstallResult | undefined> {
  if (state.kind !== 'server') return undefined;
  const { home, baseUrl, wildcardHost } = request;

  const offered = await peekRelease(request.tarball, host);
  if (offered.build !== state.build) throw differentServer(home, state);

  const { document: conf } = await readConf(home, host);
  const differing = differences(request, (key) => getValue(conf, key));
  if (differing.length > 0) throw differentSettings(home, differing);

  const reading = await readHealth(installTarget(request, state.folder, request.waive), host);
  if (!isHealthy(reading)) {
    throw new Refusal(
      'E_SERVER_UNHEALTHY',
      `${state.folder} is installed but not well: ${complaints(reading).join('; ')}`,
      {
        hint: 'sandstorm-airgap service restart; sandstorm-airgap status shows what is wrong',
        result: { reading },
      },
    );
  }
  return {
    home,
    build: state.build,
    baseUrl,
    wildcardHost,
    changed: false,
    healthy: true,
    setupLink: null,
    serviceManager: (await findServiceManager(home, host)).kind,
    run: null,
    plan: null,
    checks: [],
  };
}
