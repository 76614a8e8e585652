/* global STATUS_MODULES */
// What the single file runs first, before what is bin.js elsewhere. All the rest is in it too, and comes from here.
// eslint-disable-next-line no-global-assign -- what follows in the same file requires through this
require = ((plainly) => {
  const { env } = process;
  // Node reads these before any code of ours runs: certificates to trust, programs to load, files to write. Root's
  // tool must not be told such things by whoever set them: it starts once more, without.
  const meddling = Object.keys(env).filter((name) => /^(NODE|OPENSSL)_/.test(name));
  if (meddling.length > 0) {
    for (const name of meddling) delete env[name];
    process.execve(process.execPath, [process.argv0, ...process.argv.slice(2)], env);
  }

  const made = new Map();
  let parts;
  const bytesOf = (name) => Buffer.from((parts ??= plainly('node:sea')).getRawAsset(name));
  const run = (name, module, cachedData) => {
    const { Script } = plainly('node:vm');
    const filename = `${process.execPath}/${name}`;
    const script = new Script(bytesOf(name).latin1Slice(), { filename, cachedData });
    script.runInThisContext()(module, module.exports, load, process.execPath);
    return module;
  };
  const module = (name) => {
    // Kept before it is run: two of them may ask for each other.
    const own = { exports: {} };
    made.set(name, own);
    return own;
  };
  const load = (name) => {
    if (!name.startsWith('./')) return plainly(name);
    const known = made.get(name);
    if (known !== undefined) return known.exports;
    if (!STATUS_MODULES.has(name)) return run(name.slice(2), module(name)).exports;
    const { exports } = run('status.js', module('./status.js'), bytesOf('status.js.cache'));
    for (const one of STATUS_MODULES) module(one).exports = exports[one];
    return exports[name];
  };
  return load;
})(require);
