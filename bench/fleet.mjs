// A fleet under Ansible: how a run without changes grows with the servers, what a module costs beside the bare command,
// and such a run over 8 servers against `ansible -m ping` of the same 8. Needs what test/e2e/fleet.test.ts needs.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { report, root, row } from './measure.mjs';

const SERVERS = 8;
const READINGS = 3;
const COUNTS = [1, 2, 4, 8];
const ADDRESSES = {
  sandstorm_base_url: 'http://sandstorm.test:6080',
  sandstorm_wildcard_host: '*.sandstorm.test:6080',
  sandstorm_stable_for: 1,
};

const THERE = '/var/lib/sandstorm-airgap/drop/sandstorm-308.tar.xz';
const { sandstorm_base_url: base_url, sandstorm_wildcard_host: wildcard_host } = ADDRESSES;
const FLAGS = '--yes --json --no-input';
/** Where all is as it must be: what each module asks, and what somebody would type for the same. */
const NOTHING_TO_DO = [
  { module: 'airgap_facts', parameters: { gather: [] }, command: 'sandstorm-airgap status --json' },
  {
    module: 'airgap_install',
    parameters: { tarball: THERE, base_url, wildcard_host },
    command: `sandstorm-airgap install ${FLAGS} --base-url=${base_url} --wildcard-host=${wildcard_host} ${THERE}`,
  },
  {
    module: 'airgap_update',
    parameters: { tarball: THERE },
    command: `sandstorm-airgap update ${FLAGS} ${THERE}`,
  },
  {
    module: 'airgap_config',
    parameters: { settings: { BASE_URL: base_url } },
    command: `sandstorm-airgap config set --json --no-input BASE_URL ${base_url}`,
  },
];

/** @param bundled loads a module of the sources or tests */
export async function measureFleet(bundled) {
  const { startFleet, FLEET_PROGRAMS } = await bundled('test/helpers/fleet.ts');
  const there = (program) =>
    spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`]).status === 0;
  const missing = FLEET_PROGRAMS.filter((program) => !there(program));
  if (process.getuid?.() !== 0 || missing.length > 0) {
    console.log(
      `Without root and ${missing.join(', ') || 'its programs'} there is no fleet to measure with.\n`,
    );
    return;
  }
  const fleet = await startFleet(SERVERS);
  try {
    await prepare(fleet, bundled);
    // Each says what it has: the whole takes minutes.
    for (const measure of [grow, againstPing, againstCommand]) {
      await measure(fleet);
      report();
    }
  } finally {
    await fleet.stop();
  }
}

async function prepare(fleet, bundled) {
  const { makeSigningKey } = await bundled('src/rehearsal/signing-key.ts');
  const { makeRelease } = await bundled('test/stand-ins/release.ts');
  const { typeKey } = await bundled('src/release/signature/keys.ts');
  const drop = join(fleet.dir, 'drop');
  const sign = makeSigningKey();
  mkdirSync(drop);
  cpSync(join(root, 'test/stand-ins/install.sh'), join(drop, 'install.sh'));
  const tarball = await makeRelease({ build: 308, dir: drop, sign });
  await fleet.inventory({ ...ADDRESSES, sandstorm_tarball: tarball });
  for (const { box } of fleet.servers)
    await box.sh(`sandstorm-airgap trust add ${typeKey(sign.name)} --reason 'signs the stand-ins'`);
  spawnSync(process.execPath, [
    join(root, 'bin/sandstorm-airgap.js'),
    'ansible',
    'export',
    join(fleet.dir, 'collections'),
  ]);
  for (const { module, parameters, command } of NOTHING_TO_DO) {
    write(fleet, `${module}.yml`, { [`sandstorm.airgap.${module}`]: parameters });
    write(fleet, `${module}-bare.yml`, { 'ansible.builtin.command': command });
  }
}

function write(fleet, file, task) {
  const play = { hosts: 'sandstorm', gather_facts: false, tasks: [task] };
  writeFileSync(join(fleet.dir, file), JSON.stringify([play]));
}

const limitTo = (fleet, count) =>
  `--limit ${fleet.servers
    .slice(0, count)
    .map(({ name }) => name)
    .join(',')}`;

/** In turns too, and with the processor time of the controller, which what else the machine does changes little. */
async function grow(fleet) {
  let done = 0;
  for (const count of COUNTS) {
    const fresh = fleet.servers.slice(done, count).map(({ name }) => name);
    const first = await timed(fleet, `ansible-playbook sandstorm.airgap.install --limit ${fresh.join(',')}`);
    row(
      `install of ${fresh.length} more`,
      `${(first / fresh.length / 1000).toFixed(2)} s a server`,
      seconds(first),
      '',
    );
    done = count;
  }
  const rounds = [];
  for (let n = 0; n < READINGS; n += 1) {
    const round = [];
    for (const count of COUNTS)
      round.push(await spent(fleet, `ansible-playbook sandstorm.airgap.install ${limitTo(fleet, count)}`));
    rounds.push(round);
  }
  for (const [at, count] of COUNTS.entries()) {
    const ratio = middle(rounds.map((round) => round[at].took / round[0].took));
    const own = middle(rounds.map((round) => round[at].processor));
    row(
      `no change, ${count}`,
      `${ratio.toFixed(2)} x one server`,
      seconds(middle(rounds.map((round) => round[at].took))),
      '',
    );
    row(
      `  of the controller's processors`,
      `${(own / count / 1000).toFixed(2)} s a server`,
      seconds(own),
      '',
    );
  }
}

/** In turns, so that what else the machine does hits both alike. */
async function againstPing(fleet) {
  await pairs(
    fleet,
    'no change, 8 servers',
    'ansible -m ping',
    'ansible -m ping sandstorm',
    'ansible-playbook sandstorm.airgap.install',
    'at most 2.00',
  );
}

async function againstCommand(fleet) {
  for (const { module } of NOTHING_TO_DO) {
    const [ours, theirs] = [`${module}.yml`, `${module}-bare.yml`].map((file) => `ansible-playbook ${file}`);
    await pairs(fleet, `${module}, 8 servers`, 'the bare command', theirs, ours, '');
  }
}

async function pairs(fleet, what, name, theirs, ours, target) {
  const readings = [];
  for (let n = 0; n < READINGS; n += 1) readings.push([await timed(fleet, theirs), await timed(fleet, ours)]);
  const ratio = middle(readings.map(([one, other]) => other / one));
  row(what, `${ratio.toFixed(2)} x ${name}`, seconds(middle(readings.map(([, other]) => other))), target);
}

/** @returns milliseconds: by the clock, and of the controller's processors */
async function spent(fleet, command) {
  const began = performance.now();
  const { exitCode, stdout, stderr } = await fleet.sh(`TIMEFORMAT='took %U %S'; time ${command}`);
  const took = performance.now() - began;
  const [, user, system] = /^took ([\d.]+) ([\d.]+)$/m.exec(stderr) ?? [];
  if (exitCode !== 0 || user === undefined)
    throw new Error(`${command}: exit ${exitCode}: ${stdout}${stderr}`);
  return { took, processor: (Number(user) + Number(system)) * 1000 };
}

async function timed(fleet, command) {
  const began = performance.now();
  const { exitCode, stdout, stderr } = await fleet.sh(command);
  const took = performance.now() - began;
  if (exitCode !== 0) throw new Error(`${command}: exit ${exitCode}: ${stdout}${stderr}`);
  return took;
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

function middle(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}
