import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startContainer, type Container } from './container.js';
import { startPrivateMachine, type PrivateMachine, type Ran } from './private-machine.js';

const run = promisify(execFile);

/** A server of the fleet: a container with systemd, sshd and Python, in a network namespace of its own. */
export interface FleetServer {
  /** As the inventory has it. */
  readonly name: string;
  readonly address: string;
  readonly box: Container;
}

/** Servers, and a controller that reaches them over SSH on a bridge that nothing else is on. */
export interface Fleet {
  readonly servers: readonly FleetServer[];
  /** On the controller: inventory.yml, ansible.cfg, collections. */
  readonly dir: string;
  /** A folder of this machine that every server sees as /srv/share, and can only read. */
  readonly share: string;
  /** A command on the controller, in that folder. */
  sh(command: string, env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** Writes the inventory anew, with these variables for all and for each. */
  inventory(all: Variables, each?: Readonly<Record<string, Variables>>): Promise<void>;
  stop(): Promise<void>;
}

type Variables = Readonly<Record<string, unknown>>;

/** What the fleet needs beside containers. */
export const FLEET_PROGRAMS = [
  'ansible-playbook',
  'ssh',
  'ssh-keygen',
  'ip',
  'nsenter',
  'unshare',
  'dnsmasq',
];

/**
 * @param count at most 8
 * @param bare so many of them, the last ones, have neither the tool nor node
 */
export async function startFleet(count: number, bare = 0): Promise<Fleet> {
  const dir = await mkdtemp(join(tmpdir(), 'fleet-'));
  const usb = join(dir, 'usb');
  const share = join(dir, 'share');
  await mkdir(usb);
  await mkdir(share);
  const begun: { controller?: PrivateMachine; servers: FleetServer[] } = { servers: [] };
  const stop = async (): Promise<void> => {
    await begun.controller?.stop();
    await Promise.all(begun.servers.map(({ box }) => box.stop()));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const controller = await startPrivateMachine(usb);
    begun.controller = controller;
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, 'key')]);
    await bridge(controller);
    // One after another: each waits for the other's disk anyway.
    for (let n = 1; n <= count; n += 1)
      begun.servers.push(await startServer(n, dir, controller, share, n > count - bare));
    await writeFile(join(dir, 'ansible.cfg'), settings(dir));
    return {
      servers: begun.servers,
      dir,
      share,
      sh: (command, env = {}) =>
        controller.sh(command, {
          cwd: dir,
          timeoutMs: 400_000,
          env: { ANSIBLE_CONFIG: join(dir, 'ansible.cfg'), ANSIBLE_HOME: join(dir, 'home'), ...env },
        }),
      inventory: (all, each = {}) =>
        writeFile(join(dir, 'inventory.yml'), inventory(begun.servers, all, each)),
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

async function bridge({ pid }: PrivateMachine): Promise<void> {
  await inNetwork(
    pid,
    'ip link add fleet type bridge && ip address add 10.30.0.1/24 dev fleet && ip link set fleet up',
  );
}

async function startServer(
  n: number,
  dir: string,
  controller: PrivateMachine,
  share: string,
  withoutTool: boolean,
): Promise<FleetServer> {
  const show = { [share]: '/srv/share' };
  const box = await startContainer({ init: 'systemd', managed: true, show, withoutTool });
  try {
    const address = `10.30.0.${String(10 + n)}`;
    const [outside, inside] = [`rig${String(n)}`, 'uplink0'];
    await inNetwork(
      controller.pid,
      `ip link add ${outside} type veth peer name ${inside} netns ${String(box.pid)} && ip link set ${outside} master fleet up`,
    );
    await box.sh(`ip address add ${address}/24 dev ${inside} && ip link set ${inside} up`);
    await box.write('/root/.ssh/authorized_keys', await readFile(join(dir, 'key.pub'), 'utf8'));
    // Those of the cached root are everybody's.
    await box.sh(
      'chmod 700 /root/.ssh && rm /etc/ssh/ssh_host_* && ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key && systemctl restart ssh',
    );
    const key = await box.sh('cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub');
    await writeFile(join(dir, 'known_hosts'), `${address} ${key}\n`, { flag: 'a' });
    await box.startDns({ 'sandstorm.test': '127.0.0.1', '*.sandstorm.test': '127.0.0.1' });
    return { name: `rig-${String(n)}`, address, box };
  } catch (cause) {
    await box.stop();
    throw cause;
  }
}

/** The bridge is the controller's, but only this machine sees the processes on both ends of a cable. */
async function inNetwork(pid: number, script: string): Promise<void> {
  await run('nsenter', [
    `--net=/proc/${String(pid)}/ns/net`,
    'sh',
    '-c',
    `PATH=$PATH:/usr/sbin:/sbin; ${script}`,
  ]);
}

function settings(dir: string): string {
  const ssh = [
    '-o ControlMaster=auto -o ControlPersist=60s -o StrictHostKeyChecking=yes',
    `-o UserKnownHostsFile=${dir}/known_hosts -F /dev/null`,
  ];
  return [
    '[defaults]',
    `inventory = ${dir}/inventory.yml`,
    `collections_path = ${dir}/collections`,
    `private_key_file = ${dir}/key`,
    'remote_user = root',
    'forks = 8',
    'gathering = explicit',
    'interpreter_python = /usr/bin/python3',
    'retry_files_enabled = false',
    // Else it looks a thousand times a second whether a server has answered, on the processors that the servers need.
    'internal_poll_interval = 0.02',
    '[ssh_connection]',
    'pipelining = true',
    `ssh_args = ${ssh.join(' ')}`,
    `control_path_dir = ${dir}/cp`,
    '',
  ].join('\n');
}

function inventory(
  servers: readonly FleetServer[],
  all: Variables,
  each: Readonly<Record<string, Variables>>,
): string {
  const hosts = servers.map(({ name, address }) => [name, { ansible_host: address, ...each[name] }] as const);
  // JSON is YAML.
  return JSON.stringify({ sandstorm: { hosts: Object.fromEntries(hosts), vars: all } }, null, 2);
}
