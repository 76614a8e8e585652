// What V8 makes of the functions of a `status`, such that making it twice gives the same bytes.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileAhead } from '../compile-ahead.mjs';
import { run } from './run.mjs';

/** Strings are kept in the order of their hashes, and those depend on a number that is drawn at each start. */
const REPEATABLE = [
  '--hash-seed=7',
  '--random-seed=7',
  '--predictable',
  '--no-flush-bytecode',
  '--no-opt',
  '--no-sparkplug',
];

/** Functions are numbered as they are compiled, in an order that no two runs share; on reading, in that of the file. */
const AGAIN = `const [node, source, cache] = process.argv;
const { readFileSync, writeFileSync } = require('node:fs');
const cachedData = readFileSync(cache);
const script = new (require('node:vm').Script)(readFileSync(source, 'latin1'), { cachedData });
if (script.cachedDataRejected) throw new Error('V8 does not take what it has made itself');
writeFileSync(cache, script.createCachedData());`;

const PLAIN = `process.stdout.write(new (require('node:vm').Script)('0').createCachedData().toString('hex'))`;

/** In V8's header of such data: a hash of the flags that it was made with. Data with another one is passed over. */
const FLAGS = { from: 12, to: 16 };

/**
 * Writes `status.js.cache` into a folder with the bundle.
 * @param node for which it is made
 */
export async function compileRepeatably(node, folder) {
  const cache = join(folder, 'status.js.cache');
  await compileAhead({ node, flags: REPEATABLE, start: join(folder, 'bin.js'), cache });
  await run(node, [...REPEATABLE, '--eval', AGAIN, join(folder, 'status.js'), cache]);
  const made = await readFile(cache);
  const plain = Buffer.from(await run(node, ['--eval', PLAIN]), 'hex');
  // None of these flags changes what bytecode is.
  plain.copy(made, FLAGS.from, FLAGS.from, FLAGS.to);
  await writeFile(cache, made);
}
