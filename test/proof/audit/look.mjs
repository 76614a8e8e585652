// Runs on the audited machine and prints what is there as JSON. Knows nothing of the tool's code: folders,
// processes and answers only. `--start`: a server that is down is started, as a person would, before anything
// is looked at.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HOME = '/opt/sandstorm';
const STATE = '/var/lib/sandstorm-airgap';
const ANSWER_WITHIN_MS = 8000;

const orNull = (look) => {
  try {
    return look();
  } catch {
    return null;
  }
};
const names = (path) => (orNull(() => readdirSync(path)) ?? []).sort();
const text = (path) => orNull(() => readFileSync(path, 'utf8'));
const said = (file, ...args) =>
  orNull(() => execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim());

const ids = (file) =>
  Object.fromEntries((text(file) ?? '').split('\n').map((line) => [line.split(':')[2], line.split(':')[0]]));
const users = ids('/etc/passwd');
const groups = ids('/etc/group');

/** "file 644 root:root <sha256>", "link <target>", "dir 755 root:root" of everything below a folder. */
function tree(folder, below = '', found = {}) {
  for (const name of names(join(folder, below))) {
    const path = join(below, name);
    const full = join(folder, path);
    const stat = lstatSync(full);
    if (stat.isSymbolicLink()) found[path] = `link ${readlinkSync(full)}`;
    else if (stat.isDirectory()) {
      found[path] = `dir ${rights(stat)}`;
      tree(folder, path, found);
    } else if (stat.isFile()) found[path] = `file ${rights(stat)} ${hash(full)}`;
    else found[path] = 'other';
  }
  return found;
}

function rights({ mode, uid, gid }) {
  return `${(mode & 0o7777).toString(8)} ${users[uid] ?? uid}:${groups[gid] ?? gid}`;
}

function hash(path) {
  return orNull(() => createHash('sha256').update(readFileSync(path)).digest('hex')) ?? 'unreadable';
}

/** The top-level process: the one of that name whose parent is not one of them. */
function serverProcess() {
  for (const pid of names('/proc').filter((name) => /^\d+$/.test(name))) {
    if (text(`/proc/${pid}/cmdline`)?.startsWith('sandstorm (top-level)') !== true) continue;
    return { pid: Number(pid), folder: orNull(() => readlinkSync(`/proc/${pid}/cwd`)) };
  }
  return null;
}

function ask(host) {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port: 6080, path: '/', headers: { host }, timeout: 2000 },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (part) => (body += part));
        answer.once('end', () => resolve({ status: answer.statusCode, body: body.slice(0, 200) }));
      },
    );
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(null));
  });
}

async function answers() {
  const base = await ask('sandstorm.test:6080');
  const selfTest = await ask(`selftest-${randomBytes(10).toString('hex')}.sandstorm.test:6080`);
  const well = base?.status === 200 && selfTest?.status === 200 && selfTest.body.trim() === 'Self-test OK.';
  return { well, base, selfTest };
}

/** One that is just being started has no process yet that is known by its name. */
const APPEARS_WITHIN_MS = 1500;

async function answersInTime() {
  const began = Date.now();
  for (;;) {
    const seen = await answers();
    const patience = serverProcess() === null ? APPEARS_WITHIN_MS : ANSWER_WITHIN_MS;
    if (seen.well || !isWanted() || Date.now() - began > patience) return seen;
    await sleep(50);
  }
}

/** Nobody waits for a server that systemd does not think of. */
const isWanted = () => unit() !== 'inactive' || serverProcess() !== null;

/** The journal of the newest run: its operation, and how it ended if it did. */
function newestRun(state) {
  const id = names(join(state, 'runs')).at(-1);
  if (id === undefined) return null;
  const entries = (text(join(state, 'runs', id, 'journal.ndjson')) ?? '')
    .split('\n')
    .map((line) => orNull(() => JSON.parse(line)))
    .filter((entry) => entry !== null);
  const outcome = entries.reduce(
    (last, { event, outcome }) => (event === 'end' ? outcome : event === 'taken-up' ? null : last),
    null,
  );
  const turnedBack = entries.some(({ event }) => event === 'turns-back');
  const wasHere = (event, step) => entries.some((entry) => entry.event === event && entry.step === step);
  const givesBack = entries.some(
    ({ event, steps }) => event === 'turns-back' && steps.includes('restore-data'),
  );
  const migrates = entries[0]?.plan?.steps?.some((step) => step.do === 'migrate-mongo') === true;
  const exchanging = turnedBack
    ? givesBack &&
      (wasHere('undo-begins', 'relink-old') || (migrates && wasHere('step-begins', 'sandstorm-update'))) &&
      !wasHere('undo-ends', 'restore-data')
    : migrates && wasHere('step-begins', 'sandstorm-update') && !wasHere('step-ends', 'migrate-mongo');
  return { id, began: entries.length > 0, turnedBack, exchanging, outcome };
}

const unit = () => said('systemctl', 'show', 'sandstorm', '--property=ActiveState', '--value');

if (
  process.argv.includes('--start') &&
  serverProcess() === null &&
  text(join(HOME, 'sandstorm.conf')) !== null
) {
  said('systemctl', 'reset-failed', 'sandstorm');
  said('systemctl', 'start', 'sandstorm');
}
const seen = await answersInTime();
const mongo = join(HOME, 'var/mongo');
const state = names(STATE)[0];

console.log(
  JSON.stringify({
    home: orNull(() => rights(lstatSync(HOME))),
    names: names(HOME),
    conf: text(join(HOME, 'sandstorm.conf')),
    confRights: orNull(() => rights(lstatSync(join(HOME, 'sandstorm.conf')))),
    latest: orNull(() => readlinkSync(join(HOME, 'latest'))),
    command: orNull(() => readlinkSync(join(HOME, 'sandstorm'))),
    commandLink: orNull(() => readlinkSync('/usr/local/bin/sandstorm')),
    releases: Object.fromEntries(
      names(HOME)
        .filter((name) => /^sandstorm-\d+$/.test(name))
        .map((name) => [name, tree(join(HOME, name))]),
    ),
    var: names(join(HOME, 'var')),
    mongoRights: orNull(() => rights(lstatSync(mongo))),
    mongo: tree(mongo),
    data: Object.fromEntries(
      names(mongo)
        .filter((name) => name.startsWith('data.'))
        .map((name) => [name, text(join(mongo, name))]),
    ),
    passwd: text(join(mongo, 'passwd')),
    ourFolder: tree(join(HOME, '.sandstorm-airgap')),
    ourVar: tree(join(HOME, 'var/.sandstorm-airgap')),
    unit: unit(),
    server: serverProcess(),
    answers: seen,
    run: state === undefined ? null : newestRun(join(STATE, state)),
    state: state === undefined ? [] : names(join(STATE, state)),
    locks: state === undefined ? [] : names(join(STATE, state, 'locks')),
    staged: state === undefined ? [] : names(join(STATE, state, 'staging')),
  }),
);
process.exit(0);
