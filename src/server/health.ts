import { basename, join } from 'node:path';
import type { Host } from '../system/host.js';
import { freshBytes } from '../system/random.js';
import { parseWildcardHost, selfTestName } from './addresses.js';
import { runningServer } from './running.js';

/** What must be so for the server to count as well. */
export interface HealthTarget {
  readonly home: string;
  /** Folder name of the release that must run ("sandstorm-308"); undefined: whichever `latest` names. */
  readonly release: string | undefined;
  readonly baseUrl: string;
  readonly wildcardHost: string;
  /**
   * Where to connect when a name does not resolve: only when the administrator waived the DNS checks,
   * since people reach the server by name.
   */
  readonly directTo?: { readonly address: string; readonly port: number };
}

export interface Sign {
  readonly ok: boolean;
  readonly said: string;
}

/** One look at the server. */
export interface HealthReading {
  readonly release: Sign;
  readonly process: Sign & { readonly pid: number | undefined };
  readonly baseUrl: Sign;
  readonly selfTest: Sign;
  /** The certificate would not be trusted by this machine; the server itself may be well. */
  readonly tlsProblem: string | undefined;
}

export function isHealthy(reading: HealthReading): boolean {
  return reading.release.ok && reading.process.ok && reading.baseUrl.ok && reading.selfTest.ok;
}

/** What is wrong, one sentence a line. */
export function complaints(reading: HealthReading): string[] {
  return [reading.release, reading.process, reading.baseUrl, reading.selfTest]
    .filter(({ ok }) => !ok)
    .map(({ said }) => said);
}

/**
 * Looks once: release, process, BASE_URL (answered by the shell, which needs the database) and the
 * self-test on a random wildcard name (answered by the gateway; proves DNS, routing and TLS with it).
 */
export async function readHealth(target: HealthTarget, host: Host, timeoutMs = 5000): Promise<HealthReading> {
  const [base, selfTest, latest, running] = await Promise.all([
    ask(target.baseUrl, target, host, timeoutMs),
    ask(selfTestUrl(target), target, host, timeoutMs),
    host.files.readLink(join(target.home, 'latest')),
    runningServer(target.home, host),
  ]);
  const wanted = target.release ?? latest;
  // Where this user may not see which one it is, `latest` has to do.
  const runs = running?.folder === undefined ? wanted : basename(running.folder);

  return {
    release: {
      ok: latest !== undefined && latest === wanted && runs === wanted,
      said:
        latest !== wanted
          ? `latest points to ${latest ?? 'nothing'}, not to ${wanted ?? 'a release'}`
          : runs !== wanted
            ? `the process that runs is still ${runs ?? 'another release'}`
            : (latest ?? ''),
    },
    process: {
      ok: running !== undefined,
      pid: running?.pid,
      said: running === undefined ? 'no server process is running' : `running, pid ${String(running.pid)}`,
    },
    baseUrl: {
      ok: base.status !== undefined && base.status >= 200 && base.status < 400,
      said: `${target.baseUrl} ${base.said}`,
    },
    selfTest: {
      ok: selfTest.status === 200 && selfTest.body.trim() === 'Self-test OK.',
      said:
        selfTest.status === 200 && selfTest.body.trim() !== 'Self-test OK.'
          ? `something that is not Sandstorm answers on ${selfTest.url}`
          : `${selfTest.url} ${selfTest.said}`,
    },
    tlsProblem: selfTest.tlsProblem ?? base.tlsProblem,
  };
}

export interface HealthWait {
  /** How long the server may take until it answers. */
  readonly startTimeoutMs: number;
  /** How long it must then go on answering. */
  readonly stableMs: number;
  readonly onReading?: (reading: HealthReading, stableForMs: number) => void;
}

export interface HealthProof {
  readonly healthy: boolean;
  readonly reading: HealthReading;
  /** Random wildcard names that answered. */
  readonly namesAnswered: number;
  /** From the call until the first good answer. */
  readonly answeredAfterMs: number | undefined;
}

const POLL_MS = 500;
/** A server that died is not coming back: nothing restarts it. */
const DEAD_AFTER_MS = 5000;

/** Waits until the server is well and stays so. Bounded by both times; never throws for an unwell server. */
export async function proveHealthy(target: HealthTarget, wait: HealthWait, host: Host): Promise<HealthProof> {
  const began = host.clock.monotonic();
  const elapsed = (): number => host.clock.monotonic() - began;
  let wellSince: number | undefined;
  let deadSince: number | undefined;
  let firstGood: number | undefined;
  let names = 0;

  for (;;) {
    const reading = await readHealth(target, host);
    const well = isHealthy(reading);
    if (well) {
      names += 1;
      wellSince ??= elapsed();
      firstGood ??= wellSince;
    } else {
      wellSince = undefined;
      names = 0;
    }
    deadSince = reading.process.ok ? undefined : (deadSince ?? elapsed());

    const stableFor = wellSince === undefined ? 0 : elapsed() - wellSince;
    wait.onReading?.(reading, stableFor);
    const proof = { reading, namesAnswered: names, answeredAfterMs: firstGood };
    if (well && stableFor >= wait.stableMs && names >= 2) return { healthy: true, ...proof };

    const dead = deadSince !== undefined && elapsed() - deadSince > DEAD_AFTER_MS;
    // One that came up, fell down and stays down has had its time as well.
    const tooLate = !well && elapsed() > wait.startTimeoutMs + (firstGood === undefined ? 0 : wait.stableMs);
    if (dead || tooLate || host.interrupted.aborted) return { healthy: false, ...proof };
    await host.clock.sleep(POLL_MS);
  }
}

function selfTestUrl({ baseUrl, wildcardHost }: HealthTarget): string {
  const scheme = baseUrl.startsWith('https:') ? 'https' : 'http';
  const pattern = parseWildcardHost(wildcardHost);
  const port = pattern.port === undefined ? '' : `:${String(pattern.port)}`;
  return `${scheme}://${selfTestName(pattern, freshBytes(10))}${port}/`;
}

interface Answer {
  readonly url: string;
  readonly status: number | undefined;
  readonly body: string;
  readonly said: string;
  readonly tlsProblem: string | undefined;
}

async function ask(url: string, target: HealthTarget, host: Host, timeoutMs: number): Promise<Answer> {
  const once = async (connectTo?: HealthTarget['directTo']): Promise<Answer> => {
    try {
      const answer = await host.http.get(url, {
        timeoutMs,
        ...(connectTo === undefined ? {} : { connectTo }),
      });
      return { url, ...answer, said: `answers ${String(answer.status)}` };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { url, status: undefined, body: '', said: `does not answer: ${why}`, tlsProblem: undefined };
    }
  };
  const byName = await once();
  return byName.status === undefined && target.directTo !== undefined ? once(target.directTo) : byName;
}
