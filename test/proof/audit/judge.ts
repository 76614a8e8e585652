import type { Facts, Said, Tree } from './facts.js';

/** A state in which a server may be found. */
export interface Rightful {
  readonly build: number;
  /** What the release folder must hold. */
  readonly contents: Tree;
  /** How the data began: all of it must still be there, followed by nothing but starts of no later build. */
  readonly data: string;
  /** undefined: made by the operation, so that nobody knows it beforehand. */
  readonly passwd: string | undefined;
  /** Whole texts, one of which the configuration must be. */
  readonly confs: readonly string[];
  /** What a migration of the database keeps in var: how their names begin. */
  readonly besideMongo?: readonly string[];
}

/** Why what is there is none of the states that may be; empty when it is one. */
export function judgeServer(facts: Facts, rightful: readonly Rightful[]): string[] {
  const build = Number(/^sandstorm-(\d+)$/.exec(facts.latest ?? '')?.[1] ?? NaN);
  const states = rightful.filter((one) => one.build === build);
  // Several of one build differ in their data: the one that fits best tells what is wrong.
  const complaints = states
    .map((state) => judgeAs(facts, state))
    .sort((one, other) => one.length - other.length);
  return complaints[0] ?? [`latest is ${facts.latest ?? 'not there'}`];
}

function judgeAs(facts: Facts, state: Rightful): string[] {
  return [
    ...judgeRelease(facts, state),
    ...judgeConf(facts, state),
    ...judgeData(facts, state),
    ...judgeLinks(facts),
    ...(facts.server === null ? ['no server runs'] : []),
    ...(facts.server !== null && facts.server.folder !== `/opt/sandstorm/${facts.latest ?? ''}`
      ? [`the server runs in ${facts.server.folder ?? 'a folder that is gone'}`]
      : []),
    ...(facts.unit === 'active' ? [] : [`systemd says ${facts.unit ?? 'nothing'}`]),
    ...(facts.answers.well ? [] : [`it does not answer as it must: ${JSON.stringify(facts.answers)}`]),
  ];
}

function judgeRelease(facts: Facts, { build, contents }: Rightful): string[] {
  const found = facts.releases[`sandstorm-${String(build)}`];
  return found === undefined ? ['the release folder is gone'] : differences(contents, found);
}

function differences(wanted: Tree, found: Tree): string[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort().flatMap((path) => {
    const [is, should] = [found[path], wanted[path]];
    return is === should ? [] : [`${path} is "${is ?? 'missing'}", not "${should ?? 'missing'}"`];
  });
}

function judgeConf({ conf, confRights }: Facts, { confs }: Rightful): string[] {
  const rights = confRights === '644 root:root' ? [] : [`sandstorm.conf has ${confRights ?? 'no rights'}`];
  if (conf !== null && confs.includes(conf)) return rights;
  return [...rights, `sandstorm.conf is neither as before nor as wanted: ${JSON.stringify(conf)}`];
}

/** One file of the running build's age, whole, with nothing of another build's time in it. */
function judgeData(facts: Facts, { build, data, passwd }: Rightful): string[] {
  const name = `data.${String(build)}`;
  const complaints: string[] = [];
  const files = Object.keys(facts.data);
  if (files.join() !== name) complaints.push(`the data is ${files.join(', ') || 'lost'}, not ${name}`);
  const text = facts.data[name] ?? '';
  if (!text.startsWith(data)) complaints.push(`data is missing: ${JSON.stringify(text)}`);
  const starts = text.slice(data.length).split('\n').slice(0, -1);
  const later = starts.filter((line) => !(Number(/^started build (\d+)$/.exec(line)?.[1]) <= build));
  if (later.length > 0) complaints.push(`data of another build's time: ${later.join('; ')}`);
  if (starts.join() !== [...starts].sort().join())
    complaints.push(`builds in turn on one data: ${starts.join('; ')}`);
  if (facts.passwd === null || (passwd !== undefined && facts.passwd !== passwd))
    complaints.push(`the database's password file is not its own`);
  // The migration makes the folder anew, for the database alone.
  const rights = 'version' in facts.mongo ? '700 sandstorm:sandstorm' : '770 root:sandstorm';
  if (facts.mongoRights !== rights) complaints.push(`var/mongo has ${facts.mongoRights ?? '?'}`);
  for (const [path, said] of Object.entries(facts.mongo)) {
    // Written by the migration, which runs as root.
    const owner = path === 'version' ? 'root:root' : 'sandstorm:sandstorm';
    if (!said.includes(` ${owner} `)) complaints.push(`var/mongo/${path} is ${said}`);
  }
  return complaints;
}

function judgeLinks({ command, commandLink }: Facts): string[] {
  return [
    ...(command === 'latest/sandstorm' ? [] : [`HOME/sandstorm is ${command ?? 'gone'}`]),
    ...(commandLink === '/opt/sandstorm/sandstorm' ? [] : [`the command is ${commandLink ?? 'gone'}`]),
  ];
}

/** Whether `status` says what is so. Look first, then ask it, with nothing going on. */
export function judgeStatus(facts: Facts, said: Said): string[] {
  const build = facts.latest === null ? null : Number(facts.latest.replace(/^sandstorm-/, ''));
  const complaints: string[] = [];
  const compare = (word: string, is: unknown, says: unknown): void => {
    if (is !== says) complaints.push(`status says ${word} ${String(says)}, it is ${String(is)}`);
  };
  if (said.installed) compare('build', build, said.build);
  compare('running', facts.server !== null, said.running);
  compare('healthy', facts.answers.well, said.healthy);
  compare('pending', isPending(facts), said.pending !== null);
  return complaints;
}

/** A run that has begun and not come to an end that nobody needs to do anything about. */
export function isPending({ run }: Facts): boolean {
  return run !== null && run.began && run.outcome !== 'done' && run.outcome !== 'undone';
}

const OF_A_SERVER = ['.sandstorm-airgap', 'latest', 'sandstorm', 'sandstorm.conf', 'tmp', 'var'];
const OF_VAR = ['.sandstorm-airgap', 'log', 'mongo', 'pid', 'sandstorm'];

/** What is there and should not be, when nothing is pending. */
export function judgeLeftovers(facts: Facts, { besideMongo = [] }: Rightful): string[] {
  const allowed = [...OF_A_SERVER, facts.latest ?? ''];
  const inHome = facts.names.filter((name) => !allowed.includes(name));
  const inVar = facts.var.filter(
    (name) => !OF_VAR.includes(name) && !besideMongo.some((kept) => name.startsWith(kept)),
  );
  // Written last: what has no record is no snapshot.
  const snapshots = Object.keys(facts.ourFolder).flatMap(
    (path) => /^snapshots\/([^/]+)\/snapshot\.json$/.exec(path)?.[1] ?? [],
  );
  const isKnown = (path: string): boolean => snapshots.some((id) => path === id || path.startsWith(`${id}/`));
  const ours = Object.keys(facts.ourFolder).filter(
    (path) => path !== 'snapshots' && !(path.startsWith('snapshots/') && isKnown(path.slice(10))),
  );
  const ourData = Object.keys(facts.ourVar).filter((path) => !isKnown(path));
  // Whoever holds the lock is gone by now; a file of one that was killed goes with the next that takes it.
  return [
    ...inHome.map((name) => `HOME/${name}`),
    ...inVar.map((name) => `var/${name}`),
    ...ours.map((path) => `.sandstorm-airgap/${path}`),
    ...ourData.map((path) => `var/.sandstorm-airgap/${path}`),
    ...facts.staged.map((name) => `staging/${name}`),
  ].map((what) => `left over: ${what}`);
}

/** A snapshot must be of a database that was at rest: its lock file has no pid in it. */
export function judgeSnapshots({ ourVar }: Facts): string[] {
  return Object.entries(ourVar)
    .filter(([path, said]) => path.endsWith('/mongod.lock') && !said.endsWith(` ${HASH_OF_NOTHING}`))
    .map(([path]) => `${path} was copied from a running database`);
}

const HASH_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** An aborted installation: as if nobody had ever tried. The account may stay. */
export function judgeNothing(facts: Facts, clean: boolean): string[] {
  return [
    ...(facts.home === null ? [] : [`HOME is there: ${facts.names.join(', ')}`]),
    ...(facts.server === null ? [] : ['a server runs']),
    ...(facts.commandLink === null ? [] : ['the command is still linked']),
    ...(facts.unit === 'inactive' ? [] : [`systemd says ${facts.unit ?? 'nothing'}`]),
    ...(clean ? facts.staged.map((name) => `left over: staging/${name}`) : []),
  ];
}
