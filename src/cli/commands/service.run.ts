import {
  restartService,
  serviceStatus,
  startService,
  stopService,
  type ServiceResult,
} from '../../operations/service.js';
import type { CommandContext, OutcomeOf } from '../command.js';

export async function start({ home, host, dryRun }: CommandContext): Promise<OutcomeOf<'service start'>> {
  return told(await startService(home, dryRun, host), dryRun);
}

export async function stop({ home, host, dryRun }: CommandContext): Promise<OutcomeOf<'service stop'>> {
  return told(await stopService(home, dryRun, host), dryRun);
}

export async function restart({ home, host, dryRun }: CommandContext): Promise<OutcomeOf<'service restart'>> {
  return told(await restartService(home, dryRun, host), dryRun);
}

export async function status({ home, host }: CommandContext): Promise<OutcomeOf<'service status'>> {
  return told(await serviceStatus(home, host), false);
}

function told(result: ServiceResult, dryRun: boolean): OutcomeOf<'service status'> {
  const { running, pid, manager, outsideUnit } = result;
  const text = [
    `Sandstorm is ${running ? `running (pid ${String(pid ?? '?')})` : 'not running'}, managed by ${manager}.`,
    ...(outsideUnit
      ? ['It was started by hand, outside its unit: sandstorm-airgap service restart puts that right.']
      : []),
    ...(dryRun ? [result.changed ? 'Dry run: this would change it.' : 'Dry run: nothing would change.'] : []),
  ].join('\n');
  return { changed: result.changed && !dryRun, result, text };
}
