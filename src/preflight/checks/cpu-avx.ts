import { join } from 'node:path';
import type { Host } from '../../system/host.js';
import { fail, pass, skip, warn, type Check } from '../check.js';

/** MongoDB 7 dies of an illegal instruction on a processor without AVX, and writes nothing to any log. */
export const cpuAvx: Check = {
  id: 'cpu.avx',
  group: 'Machine',
  title: 'Processor',
  phases: ['install', 'update'],

  async run({ host, subject }) {
    const flags = await cpuFlags(host);
    if (flags === undefined) return skip('the features of this processor cannot be read');
    const avx = flags.includes('avx');
    const needed = subject.release?.needsAvx;
    const facts = { avx, needed };

    if (avx) return pass('has AVX', { facts });
    if (needed === true) {
      return fail('no AVX, which the MongoDB 7 in this release needs', {
        fix: [
          'on a virtual machine: give it the processor type of its host (libvirt and Proxmox: "host")',
          'else stay with a release that has no MongoDB 7',
        ],
        facts,
      });
    }
    if (needed === false)
      return pass('no AVX; this release does without, releases with MongoDB 7 will not', { facts });
    return warn('no AVX; a release with MongoDB 7 would not start here', { facts });
  },
};

/** The flags of the first processor: the others are the same. */
async function cpuFlags(host: Host): Promise<string[] | undefined> {
  const start = await host.files
    .readStart(join(host.layout.proc, 'cpuinfo'), 16 * 1024)
    .catch(() => Buffer.alloc(0));
  return /^flags\s*:(.*)$/m.exec(start.toString('latin1'))?.[1]?.trim().split(/\s+/);
}
