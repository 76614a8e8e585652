// Records a first look at the tool as a terminal cast (asciicast v2) in docs/tour.cast: what somebody sees who types
// these commands. Everything is played with stand-ins, and nothing of this machine gets into it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cast = join(root, 'docs/tour.cast');
const COLUMNS = 100;
const ROWS = 32;

const TOUR = [
  ['What can it do?', 'sandstorm-airgap --help'],
  [
    'The whole journey, played with stand-ins: nothing on this machine is touched.',
    'sandstorm-airgap rehearse',
  ],
  ['It said a code, and it is three in the morning?', 'sandstorm-airgap explain dns.wildcard'],
  ['And for programs:', 'sandstorm-airgap explain E_BUSY --json'],
];

/** Seconds: long enough to read a line, and to see a hand type. */
const PAUSE = 1.5;
const KEY = 0.04;
/** A player does not wait longer than this, however long something took. */
const LONGEST_PAUSE = 2;

let time = 0;
const events = [];
const print = (text) => events.push([Number(time.toFixed(3)), 'o', text]);

const work = await mkdtemp(join(tmpdir(), 'sandstorm-tour-'));
try {
  await symlink(join(root, 'bin/sandstorm-airgap.js'), join(work, 'sandstorm-airgap'));
  for (const [why, command] of TOUR) {
    print(`\u001b[2m# ${why}\u001b[0m\r\n`);
    time += PAUSE;
    type(command);
    await play(command);
    time += PAUSE;
  }
} finally {
  await rm(work, { recursive: true, force: true });
}

const header = {
  version: 2,
  width: COLUMNS,
  height: ROWS,
  idle_time_limit: LONGEST_PAUSE,
  title: 'sandstorm-airgap: a first look',
  env: { TERM: 'xterm-256color', SHELL: '/bin/bash' },
};
await mkdir(join(root, 'docs'), { recursive: true });
await writeFile(cast, `${[header, ...events].map((line) => JSON.stringify(line)).join('\n')}\n`);
console.log(`${cast}: ${String(events.length)} events, ${time.toFixed(0)} s`);

function type(command) {
  print('\u001b[1;32m$\u001b[0m ');
  for (const letter of command) {
    time += KEY;
    print(letter);
  }
  time += PAUSE / 2;
  print('\r\n');
}

/** In a terminal of its own (script), as it behaves there: colours, a spinner, a width. */
async function play(command) {
  const inTerminal = `stty columns ${COLUMNS} rows ${ROWS}; exec ${command}`;
  const child = spawn('script', ['-qefc', inTerminal, '/dev/null'], {
    cwd: work,
    env: {
      PATH: `${work}:${process.env.PATH}`,
      HOME: work,
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
      SHELL: '/bin/bash',
      SANDSTORM_AIRGAP_STATE_DIR: join(work, 'state'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const began = Date.now();
  const start = time;
  child.stdout.setEncoding('utf8').on('data', (text) => {
    time = start + (Date.now() - began) / 1000;
    // Wherever this was recorded, it is told as of a machine like the reader's.
    print(text.replaceAll(work, '/tmp/tour'));
  });
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${command} ended with ${String(status)}`);
}
