// Publishing 2,000 packages of 300 KB, as a ratio to hashing them in one node process, and what it takes of memory.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peak, row, run, time, toolCommand } from './measure.mjs';

const PACKAGES = 2000;
const APPS = 500;
const FILLER = 290 * 1024;
const READINGS = 3;

/** @param bundled loads a module of the sources or tests */
export async function measureAppIndex(cache, bundled) {
  const work = mkdtempSync(join(cache, 'app-index-'));
  try {
    process.env.SANDSTORM_AIRGAP_STATE_DIR = join(work, 'state');
    const [usb, dir] = [join(work, 'usb'), join(work, 'index')];
    await makePackages(usb, bundled);
    run(['index', 'init', dir, '--title', 'Bench']);
    await peak(`index add, ${PACKAGES} packages`, ['index', 'add', dir, usb], 150);

    const hash = [process.execPath, '-e', HASH, join(dir, 'store')];
    const readings = Array.from({ length: READINGS }, (_, index) => {
      if (index > 0) rmSync(join(dir, 'generations'), { recursive: true });
      rmSync(join(dir, 'public'), { force: true });
      spawnSync('sync');
      return [time(hash), time(toolCommand(['index', 'build', dir]))];
    });
    const ratio = median(readings.map(([theirs, ours]) => ours / theirs));
    const ours = median(readings.map(([, one]) => one));
    row(
      `index build, ${PACKAGES} packages, cold`,
      `${ratio.toFixed(2)} x hashing them`,
      `${ours.toFixed(0)} ms`,
      'at most 3.00',
    );

    const again = median(Array.from({ length: READINGS }, () => time(toolCommand(['index', 'build', dir]))));
    row('index build, nothing changed', '', `${again.toFixed(0)} ms`, 'under 1000 ms');
    await peak('index build, cold', ['index', 'build', dir, '--anew'], 150);
    await peak('index verify', ['index', 'verify', dir], 150);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const HASH = `
  const { createHash } = require('node:crypto');
  const { readFileSync, readdirSync } = require('node:fs');
  for (const id of readdirSync(process.argv[1]))
    createHash('sha256').update(readFileSync(process.argv[1] + '/' + id + '/package')).digest('hex');`;

async function makePackages(usb, bundled) {
  const { makeSpk, spkKey } = await bundled('test/stand-ins/spk.ts');
  mkdirSync(usb);
  for (let n = 0; n < PACKAGES; n += 1) {
    const app = n % APPS;
    const icon = { svg: `<svg xmlns="http://www.w3.org/2000/svg"><text>${app}</text></svg>` };
    const spk = makeSpk({
      title: `App ${app}`,
      key: spkKey(`app ${app}`),
      version: 1 + Math.floor(n / APPS),
      fillerBytes: FILLER,
      icons: { market: icon },
      shortDescription: 'An app of the bench',
      description: `# App ${app}\n\n${'It does what apps do. '.repeat(100)}`,
      categories: ['office'],
    });
    writeFileSync(join(usb, `${n}.spk`), spk);
  }
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}
