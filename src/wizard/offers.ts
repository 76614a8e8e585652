import type { WayBack } from '../operations/look-at-server.js';
import type { Pending, StatusResult } from '../operations/status.js';
import type { ReportedCheck } from '../preflight/check.js';
import { list, moment } from '../words.js';
import type { Choice } from './prompts.js';

/** What the wizard can do for somebody. */
export type Offer =
  | 'install'
  | 'update'
  | 'resume'
  | 'abort'
  | 'rollback'
  | 'preflight'
  | 'status'
  | 'restart'
  | 'directory'
  | 'checklist'
  | 'rehearse'
  | 'quit';

export interface Welcome {
  /** What is here, one sentence a line. */
  readonly headline: readonly string[];
  readonly offers: readonly Choice<Offer>[];
}

const QUIT = { name: 'Quit', value: 'quit' } as const;
const REHEARSE = { name: 'Rehearse an installation without changing anything', value: 'rehearse' } as const;
const STATUS = { name: 'Show the status', value: 'status' } as const;
const DIRECTORY = { name: 'Check the LDAP directory people will log in with', value: 'directory' } as const;
const CHECKLIST = { name: 'Write what is left to do in the admin pages', value: 'checklist' } as const;
const CHECK = { name: 'Check this machine only', value: 'preflight' } as const;

/** Pure: from what is on the machine to what makes sense there. */
export function welcome(seen: StatusResult): Welcome {
  const busy = seen.pending?.owner;
  if (busy !== undefined && busy !== null) {
    return {
      headline: [
        `${busy.user} is running ${busy.operation} on ${seen.home} right now (pid ${String(busy.pid)}).`,
      ],
      offers: [STATUS, QUIT],
    };
  }
  // An installation that was cut off is known by what it has left in HOME.
  if (seen.pending !== null && seen.pending.operation !== 'install') return cutOff(seen, seen.pending);
  switch (seen.state) {
    case 'absent':
    case 'empty':
      return {
        headline: [`Sandstorm is not installed ${place(seen.home)}.`],
        offers: [{ name: 'Install Sandstorm here', value: 'install' }, CHECK, DIRECTORY, REHEARSE, QUIT],
      };
    case 'interrupted':
      return {
        headline: [`An installation in ${seen.home} was interrupted.`],
        offers: [
          { name: 'Finish the installation', value: 'install' },
          ...(seen.installed || seen.pending?.ways.includes('abort') !== true
            ? []
            : [{ name: 'Take away again what it has made', value: 'abort' } as const]),
          STATUS,
          CHECK,
          QUIT,
        ],
      };
    case 'server':
      return {
        headline: serverHeadline(seen),
        offers: [
          { name: 'Update Sandstorm from a tarball', value: 'update' },
          { name: 'Check whether an update could be made', value: 'preflight' },
          STATUS,
          startOffer(seen),
          ...(seen.wayBack === null ? [] : [wayBackOffer(seen.wayBack)]),
          DIRECTORY,
          CHECKLIST,
          REHEARSE,
          QUIT,
        ],
      };
    case 'leftovers':
      return {
        headline: [`${seen.home} is in the way: it is no whole server.`, ...seen.problems],
        offers: [CHECK, STATUS, REHEARSE, QUIT],
      };
    case 'unfit':
      return {
        headline: [`Sandstorm cannot be installed in ${seen.home}.`, ...seen.problems],
        offers: [CHECK, STATUS, REHEARSE, QUIT],
      };
  }
}

/** Whatever else there is to do comes after it. */
function cutOff(seen: StatusResult, { operation, ways }: Pending): Welcome {
  const names = { resume: `Go on with the interrupted ${operation}`, abort: 'Go back to how it was before' };
  return {
    headline:
      seen.state === 'server'
        ? serverHeadline(seen)
        : [`The last ${operation} in ${seen.home} did not come to its end.`, ...seen.problems],
    offers: [
      ...ways.map((way) => ({ name: names[way], value: way })),
      STATUS,
      ...(seen.installed ? [startOffer(seen)] : []),
      QUIT,
    ],
  };
}

function startOffer({ running }: StatusResult): Choice<Offer> {
  return { name: running ? 'Restart the server' : 'Start the server', value: 'restart' };
}

function wayBackOffer({ release, takenAt, scope }: WayBack): Choice<Offer> {
  const data = scope === 'none' ? 'without its data' : `with its data of ${moment(takenAt)}`;
  return { name: `Go back to ${release}, ${data}`, value: 'rollback' };
}

function place(home: string): string {
  return home === '/opt/sandstorm' ? 'on this machine' : `in ${home}`;
}

function serverHeadline({ home, build, running, healthy, channel, pending }: StatusResult): string[] {
  const state = healthy ? 'running and healthy' : running ? 'running, but not well' : 'not running';
  const where = home === '/opt/sandstorm' ? '' : ` in ${home}`;
  return [
    `Sandstorm build ${String(build ?? '?')}${where} is ${state}.`,
    ...(channel === 'none' ? [] : ['Automatic updates are ON; an update from here turns them off.']),
    ...(pending === null ? [] : [`The last ${pending.operation} did not come to its end: ${pending.next}.`]),
  ];
}

/** A way to go on after checks have failed. */
export type MendKind =
  'again' | 'addresses' | 'mail-port' | 'mongo-port' | 'waive' | 'quit' | `expect ${string}`;

export type Mend = Choice<MendKind>;

/** Failures that no knowing better helps against: going on would only fail later. */
const HOPELESS = /^(?:port\.|home\.state$|user\.|os\.linux|os\.tools$|service\.|conf\.lint$)/;

/**
 * Pure: what helps against the checks that failed.
 * @param asks the addresses and ports were asked for here; on an update they are the server's own.
 */
export function mendsFor(failed: readonly ReportedCheck[], asks: boolean): readonly Mend[] {
  const ids = failed.map(({ id }) => id);
  const has = (pattern: RegExp): boolean => asks && ids.some((id) => pattern.test(id));
  return [
    { name: 'Check again (I have mended it)', value: 'again' },
    ...(has(/^dns\.|^port\.http/) ? [{ name: 'Enter other addresses', value: 'addresses' } as const] : []),
    ...(has(/^dns\./) ? proxies(failed) : []),
    ...(has(/^port\.smtp$/) ? [{ name: 'Use another port for mail', value: 'mail-port' } as const] : []),
    ...(has(/^port\.mongo$/)
      ? [{ name: 'Use another port for the database', value: 'mongo-port' } as const]
      : []),
    ...waivers(ids),
    QUIT,
  ];
}

/** Pure: the same, right after the question for the addresses. */
export function namesMends(failed: readonly ReportedCheck[]): readonly Mend[] {
  return [
    { name: 'Ask again (I have mended it)', value: 'again' },
    { name: 'Enter other addresses', value: 'addresses' },
    ...proxies(failed),
    ...waivers(failed.map(({ id }) => id)),
    QUIT,
  ];
}

function waivers(ids: readonly string[]): Mend[] {
  if (ids.some((id) => HOPELESS.test(id))) return [];
  return [{ name: `Go on all the same (waives ${list(ids)})`, value: 'waive' }];
}

/** Addresses that names lead to and that are not this machine's. */
function proxies(failed: readonly ReportedCheck[]): Mend[] {
  const foreign = new Set(failed.flatMap(({ facts }) => foreignIn(facts)));
  return [...foreign].map((address) => ({
    name: `${address} is right: it passes requests on to this machine`,
    value: `expect ${address}`,
  }));
}

function foreignIn(facts: unknown): string[] {
  if (typeof facts !== 'object' || facts === null || !('foreign' in facts)) return [];
  return Array.isArray(facts.foreign) ? facts.foreign.map(String) : [];
}
