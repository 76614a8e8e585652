import { readConf } from '../../config/conf-file.js';
import { getValue } from '../../config/sandstorm-conf.js';
import { letterText } from '../../schedule/mail.js';
import { metricsText } from '../../schedule/metrics.js';
import { NOTHING_TRIED, triedBefore, type ScheduleRecord } from '../../schedule/record.js';
import { isNews, newsKey, syslogName, visitLine, type Visit } from '../../schedule/visit.js';
import { openingAt, type Window } from '../../schedule/window.js';
import type { Host } from '../../system/host.js';
import { holdOn, readRecord, writeRecord } from './remembered.js';

/** Who is to hear of a visit, and how. */
export interface Report {
  readonly mail: readonly string[];
  /** A file for the node exporter's textfile collector. */
  readonly metrics: string | undefined;
  readonly syslog: boolean;
  readonly drop: string;
  readonly window: Window | undefined;
}

/**
 * Tells it. That nobody can be told is no reason to call an update a failure.
 * @returns what did not work, one sentence each
 */
export async function tell(visit: Visit, report: Report, host: Host): Promise<string[]> {
  const record = await readRecord(visit.home, host).catch(() => undefined);
  const troubles: string[] = [];
  const attempt = async (work: () => Promise<string | undefined>): Promise<void> => {
    const trouble = await work().catch((error: unknown) =>
      error instanceof Error ? error.message : String(error),
    );
    if (trouble !== undefined) troubles.push(trouble);
  };
  await attempt(() => writeMail(visit, report, record, host));
  await attempt(() => writeMetrics(visit, report, record ?? NOTHING_TRIED, host));
  if (report.syslog) await attempt(() => writeSyslog(visit, host));
  return troubles;
}

async function writeMail(
  visit: Visit,
  { mail, window }: Report,
  record: ScheduleRecord | undefined,
  host: Host,
): Promise<string | undefined> {
  if (mail.length === 0 || !isNews(visit)) return undefined;
  const night = window === undefined ? undefined : openingAt(window, host.clock.now())?.from;
  const key = newsKey(visit, night);
  // Every quarter of an hour the same would be read by nobody.
  if (record?.told === key) return undefined;
  const sendmail = await host.commands.which('sendmail');
  if (sendmail === undefined) return 'no mail was sent: there is no sendmail on this machine';
  const input = letterText({ to: mail, server: await addressOf(visit.home, host), visit });
  const sent = await host.commands.run(sendmail, ['-t', '-oi'], { input, timeoutMs: 60_000 });
  if (sent.exitCode !== 0) {
    const said = sent.stderr.trim().slice(0, 300);
    return `no mail was sent: sendmail ended with exit code ${String(sent.exitCode)} ${said}`.trim();
  }
  if (record !== undefined) await writeRecord({ ...record, told: key }, visit.home, host);
  return undefined;
}

async function addressOf(home: string, host: Host): Promise<string> {
  const conf = await readConf(home, host).catch(() => undefined);
  return (conf === undefined ? undefined : getValue(conf.document, 'BASE_URL')) ?? home;
}

async function writeMetrics(
  visit: Visit,
  { metrics, drop }: Report,
  record: ScheduleRecord,
  host: Host,
): Promise<undefined> {
  if (metrics === undefined) return undefined;
  const last = record.attempts.findLast(({ ended, endedAt }) => ended === 'updated' && endedAt !== null);
  const lastUpdate = last === undefined ? undefined : Math.round(Date.parse(last.endedAt ?? '') / 1000);
  const waiting = new Set(
    record.attempts
      .filter(({ sha256 }) => {
        const before = triedBefore(record, sha256);
        return before !== undefined && before.ended !== 'updated';
      })
      .map(({ sha256 }) => sha256),
  );
  const held = (await holdOn(visit.home, drop, host)) !== undefined;
  const text = metricsText({ visit, lastUpdate, failed: waiting.size, held });
  // The exporter runs as another user.
  await host.files.writeAtomic(metrics, text, 0o644);
  return undefined;
}

async function writeSyslog(visit: Visit, host: Host): Promise<string | undefined> {
  const priority = `daemon.${syslogName(visit)}`;
  const args = ['-t', 'sandstorm-airgap', '-p', priority, '--', visitLine(visit)];
  const logged = await host.commands.run('logger', args);
  return logged.exitCode === 0 ? undefined : `logger: ${logged.stderr.trim()}`;
}
