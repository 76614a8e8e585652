import { dirname, join } from 'node:path';
import { Refusal } from '../errors.js';
import { addTrust } from '../release/signature/trust.js';
import { makeSigningKey, type SigningKey } from './signing-key.js';
import { stoppable } from './stoppable.js';
import { claim, FOLDER_PREFIX, removeForsaken } from './forsaken.js';
import { standIns as placeStandIns } from '../system/assets.js';
import { dnsFrom, startDnsServer, type DnsServer } from '../system/dns-server.js';
import { freePorts } from '../system/free-ports.js';
import type { Host, Layout } from '../system/host.js';
import { systemHttp } from '../system/http.js';
import { endProcessesBelow } from '../system/processes-below.js';

const DOMAIN = 'sandstorm.rehearsal.test';
const LARGEST_TARBALL = 64 * 1024 * 1024;

/** A throw-away machine in a folder: its own names, state, links and release tarballs. */
export interface World {
  readonly host: Host;
  readonly root: string;
  readonly home: string;
  readonly baseUrl: string;
  readonly wildcardHost: string;
  readonly ports: { readonly http: number; readonly mongo: number; readonly smtp: number };
  readonly serverUser: string;
  readonly installScript: string;
  /** Tells the stand-in install.sh where to put what goes outside HOME. */
  readonly scriptEnv: Readonly<Record<string, string>>;
  /** Made on the spot, and trusted in this world. */
  readonly signingKey: SigningKey;
  /**
   * Makes sandstorm-<build>.tar.xz out of the stand-in, and signs it; how it behaves as `key=value` lines.
   * @param mongo7 with MongoDB 7, to which the data must be migrated
   */
  makeRelease(build: number, behaviour?: string, mongo7?: boolean): Promise<string>;
  /** A copy of a tarball that breaks off after two thirds, beside its whole signature. */
  makeTruncated(tarball: string): Promise<string>;
  /** Ends its processes and removes it. */
  end(): Promise<void>;
}

/**
 * Builds it in a new folder under the system's temporary folder. Works as any user.
 * @throws Refusal E_REHEARSAL when this machine lacks what the stand-ins need.
 */
export async function buildWorld(host: Host): Promise<World> {
  await requireTools(host);
  const made = await host.files.makeTempDir(FOLDER_PREFIX);
  // Processes are found by their working folder, which the kernel names without links.
  const root = (await host.files.realPath(made)) ?? made;
  const ends: (() => Promise<unknown>)[] = [];
  const end = async (): Promise<void> => {
    for (const stop of ends.splice(0)) await stop();
    await endProcessesBelow(root, host.layout.proc);
    await host.files.remove(root);
  };
  try {
    await claim(root, host);
    await removeForsaken(dirname(root), host);
    const dns = await startDnsServer({
      records: [
        { pattern: DOMAIN, address: '127.0.0.1' },
        { pattern: `*.${DOMAIN}`, address: '127.0.0.1' },
      ],
    });
    ends.push(dns.stop);
    return { ...(await furnish(root, dns, host)), end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function furnish(root: string, dns: DnsServer, host: Host): Promise<Omit<World, 'end'>> {
  // The stand-in server gives up root and must still reach its files.
  await mustRun(host, 'chmod', ['755', root]);
  const [http = 0, mongo = 0, smtp = 0] = await freePorts(3);
  const names = dnsFrom(dns, ['127.0.0.1']);
  const machine = join(root, 'machine');
  const inside: Host = {
    ...host,
    layout: layoutIn(machine, root, host.layout),
    dns: names,
    http: systemHttp(names),
  };
  const standIns = await placeStandIns(root);
  const tarballs = join(root, 'usb-stick');
  await host.files.makeDir(tarballs);
  await host.files.makeDir(machine);
  const signingKey = makeSigningKey();
  await addTrust(signingKey.name, 'made for this rehearsal', inside);

  const bytesOf = async (path: string): Promise<Buffer> =>
    (await host.files.readBytes(path, LARGEST_TARBALL)) ?? Buffer.alloc(0);

  return {
    host: stoppable(inside),
    root,
    home: join(root, 'opt-sandstorm'),
    baseUrl: `http://${DOMAIN}:${String(http)}`,
    wildcardHost: `*.${DOMAIN}:${String(http)}`,
    ports: { http, mongo, smtp },
    serverUser: host.user.uid === 0 ? 'nobody' : host.user.name,
    installScript: join(standIns, 'install.sh'),
    // Without a service: an init script would be root's to call, and systemd knows nothing of this folder.
    scriptEnv: { STAND_IN_MACHINE_ROOT: machine, STAND_IN_INIT: 'unknown' },
    signingKey,

    async makeRelease(build, behaviour = '', mongo7 = false) {
      const work = join(root, 'work');
      const folder = `sandstorm-${String(build)}`;
      const tarball = join(tarballs, `${folder}.tar.xz`);
      await host.files.makeDir(join(work, folder, 'bin'));
      await mustRun(host, 'cp', [
        '-r',
        join(standIns, 'sandstorm'),
        join(standIns, 'lib'),
        join(work, folder),
      ]);
      await host.files.writeAtomic(join(work, folder, 'behaviour'), `start_delay_ms=300\n${behaviour}`);
      await host.files.writeAtomic(join(work, folder, 'buildstamp'), `rehearsal ${String(build)}\n`);
      for (const program of mongo7 ? ['mongod7', 'mongodump', 'mongorestore7'] : [])
        await host.files.writeAtomic(join(work, folder, 'bin', program), '', 0o755);
      await mustRun(host, 'chmod', ['755', join(work, folder, 'sandstorm')]);
      await mustRun(host, 'tar', ['-C', work, '--sort=name', '-cJf', tarball, folder]);
      await host.files.remove(work);
      const signature = signingKey.sign(await bytesOf(tarball));
      await host.files.writeAtomic(`${tarball}.update-sig`, signature);
      return tarball;
    },

    async makeTruncated(tarball) {
      const whole = await bytesOf(tarball);
      const broken = tarball.replace(/\.tar\.xz$/, '-broken-off.tar.xz');
      await host.files.writeAtomic(broken, whole.subarray(0, Math.floor((whole.length * 2) / 3)));
      await host.files.writeAtomic(`${broken}.update-sig`, await bytesOf(`${tarball}.update-sig`));
      return broken;
    },
  };
}

function layoutIn(machine: string, root: string, real: Layout): Layout {
  return {
    stateDir: join(root, 'state'),
    binDir: join(machine, 'usr/local/bin'),
    systemdUnitDirs: [join(machine, 'etc/systemd/system')],
    initDir: join(machine, 'etc/init.d'),
    proc: real.proc,
    etc: real.etc,
  };
}

async function requireTools(host: Host): Promise<void> {
  const missing: string[] = [];
  for (const tool of ['bash', 'script', 'perl', 'tar', 'xz']) {
    if ((await host.commands.which(tool)) === undefined) missing.push(tool);
  }
  if (missing.length === 0) return;
  throw new Refusal('E_REHEARSAL', `the rehearsal needs ${missing.join(', ')} on this machine`, {
    hint: 'install them; they come with every Debian and Ubuntu (script is in bsdutils, xz in xz-utils)',
  });
}

async function mustRun(host: Host, program: string, args: readonly string[]): Promise<void> {
  const ran = await host.commands.run(program, args, { timeoutMs: 120_000 });
  if (ran.exitCode !== 0) throw new Refusal('E_REHEARSAL', `${program} failed: ${ran.stderr.trim()}`);
}
