// Makes what is delivered: one program for Linux on x86-64 with Node inside, as an archive, a .deb and an .rpm.
// `npm run package -- --out DIR --key FILE --only deb,rpm`
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.mjs';
import { billOfMaterials } from './package/bom.mjs';
import { signSums, writeSums } from './package/checksums.mjs';
import { describe } from './package/contents.mjs';
import { sourceState } from './package/facts.mjs';
import { bundledPackages, licenceText } from './package/licences.mjs';
import { makePackages } from './package/packers.mjs';
import { obtainRuntime } from './package/runtime.mjs';
import { makeSingleFile } from './package/single-file.mjs';

const NAME = 'sandstorm-airgap';
const { values: asked } = parseArgs({
  options: {
    out: { type: 'string', default: fileURLToPath(new URL('../package', import.meta.url)) },
    key: { type: 'string' },
    only: { type: 'string', default: 'archive,deb,rpm' },
  },
});
const out = resolve(asked.out);
const key = asked.key ?? process.env.SANDSTORM_AIRGAP_RELEASE_KEY;
const wanted = new Set(asked.only.split(',').filter(Boolean));
const work = join(out, 'work');

await rm(out, { recursive: true, force: true });
await mkdir(work, { recursive: true });
const [bundled, state, runtime] = await Promise.all([bundle(), sourceState(), obtainRuntime()]);
const program = join(out, NAME);
const facts = await makeSingleFile(program, { bundled, state, runtime, work });
const packages = await bundledPackages(bundled.inputs);
const parts = {
  ...(await describe(program)),
  program,
  version: bundled.version,
  epoch: state.epoch,
  licences: licenceText(packages, { ...runtime, licence: await readFile(runtime.licence, 'utf8') }),
  bom: billOfMaterials(facts, packages, runtime),
};

const made = await makePackages(parts, wanted, out, work);
await writeSums(out, [NAME, ...made]);
if (key !== undefined) await signSums(out, key);
await rm(work, { recursive: true });

const from = state.commit === null ? 'sources without a history' : `commit ${state.commit}`;
console.log(
  `${NAME} ${facts.version} of ${from}${state.dirty ? ', with changes on top' : ''}, Node ${facts.node}`,
);
for (const name of [NAME, ...made, 'SHA256SUMS']) console.log(`  ${join(out, name)}`);
console.log(key === undefined ? '  not signed: give --key FILE' : `  ${join(out, 'SHA256SUMS.sig')}`);
