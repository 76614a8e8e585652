import { VISIT_ENDS, type Visit } from './visit.js';

export interface Measured {
  readonly visit: Visit;
  /** Seconds since 1970 of the last update that went well; undefined when there was none. */
  readonly lastUpdate: number | undefined;
  /** Tarballs that are not tried again before somebody says so. */
  readonly failed: number;
  readonly held: boolean;
}

/**
 * The state of a schedule for the textfile collector of Prometheus' node exporter, in the text format 0.0.4. Pure.
 */
export function metricsText({ visit, lastUpdate, failed, held }: Measured): string {
  const home = `home="${escaped(visit.home)}"`;
  const gauge = (name: string, help: string, samples: readonly [labels: string, value: number][]): string =>
    [
      `# HELP ${PREFIX}${name} ${help}`,
      `# TYPE ${PREFIX}${name} gauge`,
      ...samples.map(([labels, value]) => `${PREFIX}${name}{${labels}} ${String(value)}`),
    ].join('\n');
  return [
    gauge('run_timestamp_seconds', 'When the drop folder was last looked into.', [
      [home, Math.round(Date.parse(visit.at) / 1000)],
    ]),
    gauge(
      'outcome',
      'How that ended: 1 for the one outcome that it was.',
      VISIT_ENDS.filter((end) => end !== 'would-update').map((end) => [
        `${home},outcome="${end}"`,
        end === visit.outcome ? 1 : 0,
      ]),
    ),
    gauge('held', 'Whether somebody has stopped the schedule.', [[home, held ? 1 : 0]]),
    gauge('failed_tarballs', 'Tarballs that wait for a person to let them be tried again.', [[home, failed]]),
    ...(visit.build === null
      ? []
      : [gauge('installed_build', 'Build of Sandstorm that is installed.', [[home, visit.build]])]),
    ...(lastUpdate === undefined
      ? []
      : [gauge('update_timestamp_seconds', 'When an update last went well.', [[home, lastUpdate]])]),
    '',
  ].join('\n');
}

const PREFIX = 'sandstorm_airgap_schedule_';

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
