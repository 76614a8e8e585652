import { dirname, isAbsolute, join } from 'node:path';
import type { Host } from '../system/host.js';

/** Written into HOME before install.sh is started and removed when the installation is complete. Holds the run's id. */
export const INSTALL_MARKER = '.sandstorm-airgap-install';
const MARKER_LIMIT = 4096;

/** What was seen at HOME, without judgement. */
export interface HomeFacts {
  readonly home: string;
  /** After following a link; 'dangling' is a link that leads nowhere. */
  readonly at: 'nothing' | 'dangling' | 'folder' | 'other';
  /** The server's own start-up refuses a HOME that is not root's. */
  readonly owner: number | undefined;
  readonly uid: number;
  readonly readable: boolean;
  /** HOME itself, or when there is nothing, the nearest folder above it, can be written to. */
  readonly writable: boolean;
  readonly nearest: string;
  readonly nearestIsFolder: boolean;
  readonly names: readonly string[];
  /**
   * The run id in our marker file, when the file is ours: small, regular, this user's or root's. Empty
   * when the power went while it was made, so before install.sh was started.
   */
  readonly marker: string | undefined;
  readonly parts: ServerParts;
}

/** The pieces of a whole server. */
export interface ServerParts {
  /** sandstorm.conf is a regular file. */
  readonly conf: boolean;
  /** var is a folder. */
  readonly var: boolean;
  /** Text of the `latest` link. */
  readonly latest: string | undefined;
  /** latest/sandstorm is a file. */
  readonly program: boolean;
  /** HOME/sandstorm leads to a file. */
  readonly command: boolean;
}

export interface InstalledServer {
  /** 0 for a custom build. */
  readonly build: number;
  /** sandstorm-custom.<date>: built by hand, no number to compare. */
  readonly custom: boolean;
  /** Name of the build's folder inside HOME. */
  readonly folder: string;
}

/** Not an intersection: what makes the JSON Schemas cannot take `kind` out of one. */
interface ServerState extends InstalledServer {
  readonly kind: 'server';
}

export type HomeState =
  | {
      readonly kind: 'absent';
      /** Folders above HOME that are not there either. */ readonly missingParents: readonly string[];
    }
  | {
      readonly kind: 'empty';
      /** What lies there and is in nobody's way. */ readonly others: readonly string[];
    }
  | ServerState
  | {
      readonly kind: 'interrupted';
      /** Id of the run that was cut off. */
      readonly run: string;
      /** All parts were in place already: only the last proof is missing, and people may have used it. */
      readonly server: InstalledServer | undefined;
    }
  | {
      readonly kind: 'leftovers';
      /** What stands in the way, as found in HOME. */
      readonly names: readonly string[];
      /** What a whole server would have besides; the reason why this is none. */
      readonly missing: readonly string[];
    }
  | { readonly kind: 'unfit'; readonly reason: string; readonly fix: string };

/** Looks at HOME and changes nothing. */
export async function observeHome(given: string, host: Host): Promise<HomeFacts> {
  const { files } = host;
  const home = given.replace(/(?<=[^/])\/+$/, '');
  const [link, stat] = await Promise.all([files.lstat(home), files.stat(home)]);
  const at =
    stat === undefined
      ? link === undefined
        ? 'nothing'
        : 'dangling'
      : stat.kind === 'directory'
        ? 'folder'
        : 'other';
  const nearest = at === 'nothing' ? await nearestExisting(home, host) : home;
  const inside = (name: string): string => join(home, name);
  const kindOf = async (name: string): Promise<string | undefined> =>
    at === 'folder' ? (await files.stat(inside(name)).catch(() => undefined))?.kind : undefined;
  // All at once: `status` is started often, and each of these is a wait.
  const [names, readable, writable, nearestStat, conf, data, latest, program, command] = await Promise.all([
    at === 'folder' ? files.list(home) : Promise.resolve<string[]>([]),
    at !== 'folder' || files.readable(home),
    files.writable(nearest),
    files.stat(nearest),
    kindOf('sandstorm.conf'),
    kindOf('var'),
    at === 'folder' ? files.readLink(inside('latest')).catch(() => undefined) : undefined,
    kindOf('latest/sandstorm'),
    kindOf('sandstorm'),
  ]);

  return {
    home,
    at,
    owner: stat?.uid,
    uid: host.user.uid,
    readable,
    writable,
    nearest,
    nearestIsFolder: nearestStat?.kind === 'directory',
    names,
    marker: names.includes(INSTALL_MARKER) ? await readMarker(inside(INSTALL_MARKER), host) : undefined,
    parts: {
      conf: conf === 'file',
      var: data === 'directory',
      latest,
      program: program === 'file',
      command: command === 'file',
    },
  };
}

/** What lies at HOME, and so what can be done there. Pure. */
export function judgeHome(seen: HomeFacts): HomeState {
  if (seen.at === 'other') return unfit(`${seen.home} is not a folder`, 'name another folder with --home');
  if (seen.at === 'dangling') {
    return unfit(`${seen.home} is a link that leads nowhere`, `remove the link, or make what it points to`);
  }
  // A folder that may not be listed looks empty: nothing can be concluded from that.
  if (!seen.readable) return unfit(`${seen.home} may not be looked into`, 'run it as root');

  const server = wholeServer(seen);
  if (seen.marker !== undefined && seen.marker !== '')
    return { kind: 'interrupted', run: seen.marker, server };
  if (server !== undefined) return { kind: 'server', ...server };

  const inTheWay = seen.names
    .filter(standsInTheWay)
    .filter((name) => name !== INSTALL_MARKER || seen.marker !== '');
  if (inTheWay.length > 0) return { kind: 'leftovers', names: inTheWay, missing: missingParts(seen) };
  if (seen.marker === '') return { kind: 'interrupted', run: 'unknown', server: undefined };
  return unfitPlace(seen) ?? place(seen);
}

function place(seen: HomeFacts): HomeState {
  if (seen.at === 'folder')
    return { kind: 'empty', others: seen.names.filter((name) => name !== 'lost+found') };
  return { kind: 'absent', missingParents: foldersBetween(seen.nearest, seen.home) };
}

/**
 * install.sh refuses sandstorm.conf, var and sandstorm; it removes or overwrites a build's folder and
 * `latest`, and the server empties `tmp` at its start, all without asking.
 */
function standsInTheWay(name: string): boolean {
  return (
    ['sandstorm.conf', 'var', 'sandstorm', 'latest', 'tmp', INSTALL_MARKER].includes(name) ||
    /^sandstorm-(?:\d|custom\.)/.test(name) ||
    name.startsWith('downloading.')
  );
}

function wholeServer(seen: HomeFacts): InstalledServer | undefined {
  return missingParts(seen).length === 0 ? buildOf(seen.parts.latest, seen.home) : undefined;
}

function missingParts({ parts, home }: HomeFacts): string[] {
  const build = buildOf(parts.latest, home);
  return [
    ...(parts.conf ? [] : ['sandstorm.conf']),
    ...(parts.var ? [] : ['var']),
    ...(parts.command ? [] : ['sandstorm']),
    ...(build === undefined ? ['latest'] : parts.program ? [] : [`${build.folder}/sandstorm`]),
  ];
}

/** The build that the text of a `latest` link names; undefined when it is none of Sandstorm's. */
function buildOf(latest: string | undefined, home: string): InstalledServer | undefined {
  const text = latest?.replace(/\/+$/, '') ?? '';
  const folder = text.startsWith(`${home}/`) ? text.slice(home.length + 1) : text;
  if (/^sandstorm-custom\.[^/]+$/.test(folder) || folder === 'sandstorm-0')
    return { build: 0, custom: true, folder };
  const build = /^sandstorm-(\d{1,9})$/.exec(folder)?.[1];
  return build === undefined ? undefined : { build: Number(build), custom: false, folder };
}

function unfitPlace(seen: HomeFacts): HomeState | undefined {
  const { home } = seen;
  if (!isAbsolute(home)) return unfit(`"${home}" is not an absolute path`, 'give --home from / on');
  // install.sh leaves the path unquoted, systemd reads % in it, sandstorm.conf knows no quotes.
  if (!/^(?:\/[A-Za-z0-9._+-]+)+$/.test(home) || /\/\.{1,2}(?:\/|$)/.test(home)) {
    return unfit(
      `"${home}" has characters that install.sh cannot handle`,
      'use only letters, digits and . _ + - in --home, for example /opt/sandstorm',
    );
  }
  if (!seen.nearestIsFolder)
    return unfit(`${seen.nearest} is not a folder`, 'name another folder with --home');
  if (!seen.writable) {
    const fix = seen.uid === 0 ? `see how it is mounted: findmnt -T ${seen.nearest}` : 'run it as root';
    return unfit(`${seen.nearest} cannot be written to`, fix);
  }
  if (seen.uid === 0 && seen.owner !== undefined && seen.owner !== 0) {
    return unfit(
      `${home} does not belong to root, so the server will refuse to start`,
      `chown root:root ${home}`,
    );
  }
  return undefined;
}

function unfit(reason: string, fix: string): HomeState {
  return { kind: 'unfit', reason, fix };
}

function foldersBetween(existing: string, home: string): string[] {
  const missing: string[] = [];
  for (let path = dirname(home); path !== existing && path !== dirname(path); path = dirname(path))
    missing.unshift(path);
  return missing;
}

async function nearestExisting(home: string, host: Host): Promise<string> {
  let path = dirname(home);
  while ((await host.files.lstat(path)) === undefined && path !== dirname(path)) path = dirname(path);
  return path;
}

/** Whoever can put a marker there makes us clean HOME up, so it counts only when it is root's or our own. */
async function readMarker(path: string, host: Host): Promise<string | undefined> {
  const stat = await host.files.lstat(path);
  if (stat?.kind !== 'file' || stat.size > MARKER_LIMIT) return undefined;
  if (stat.uid !== 0 && stat.uid !== host.user.uid) return undefined;
  const text = (await host.files.readStart(path, MARKER_LIMIT)).toString('utf8').trim();
  return /^(?:[A-Za-z0-9][A-Za-z0-9._:+-]*)?$/.test(text) ? text : undefined;
}
