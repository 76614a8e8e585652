import { basename, dirname, join } from 'node:path';
import { Refusal } from '../../errors.js';
import { knownPattern, type KnownSecret } from '../../support/known.js';
import { manifestFile, nameInside, type Manifest, type ManifestFile } from '../../support/manifest.js';
import { redactor } from '../../support/redact.js';
import type { FileSink, Host } from '../../system/host.js';
import type { Ui } from '../../ui.js';
import { ownVersion } from '../../own-version.js';
import { secretsHere } from './secrets-here.js';
import { sourcesOf, type Source } from './sources.js';

/** The folder that comes out of the archive. */
const TOP = 'sandstorm-support';

/** What a bundle would have in it. Writes nothing. */
export async function previewBundle(home: string, host: Host, ui: Ui): Promise<Manifest> {
  return gather(home, host, ui, () => Promise.resolve());
}

/**
 * Writes a support bundle: a tar.gz for its owner alone (0600), whole or not at all.
 * @throws Refusal E_BUNDLE_PLACE, E_IO
 */
export async function writeBundle(
  home: string,
  file: string,
  host: Host,
  ui: Ui,
): Promise<{ readonly manifest: Manifest; readonly size: number }> {
  await requireNewArchive(file, host);
  // Nothing but what is clean already comes to the disk.
  const work = await host.files.makeTempDir('sandstorm-airgap-support-');
  const draft = join(dirname(file), `.${basename(file)}.part`);
  try {
    const write = async (name: string, text: string): Promise<void> => {
      await host.files.makeDir(dirname(join(work, TOP, name)), 0o700);
      await host.files.writeUnsynced(join(work, TOP, name), text);
    };
    const manifest = await gather(home, host, ui, write);
    await write('MANIFEST.json', `${JSON.stringify(manifest, undefined, 2)}\n`);
    await host.files.remove(draft);
    const sink = await host.files.openWrite(draft, 0o600);
    await pack(work, sink, host).catch(async (error: unknown) => {
      await sink.abandon();
      throw error;
    });
    await sink.finish();
    await host.files.rename(draft, file);
    return { manifest, size: (await host.files.stat(file))?.size ?? 0 };
  } finally {
    await host.files.remove(work);
  }
}

async function requireNewArchive(file: string, host: Host): Promise<void> {
  const why = !/\.(?:tar\.gz|tgz)$/.test(file)
    ? 'does not end in .tar.gz'
    : (await host.files.lstat(file)) !== undefined
      ? 'is there already'
      : (await host.files.stat(dirname(file)))?.kind !== 'directory'
        ? 'would lie in a folder that is not there'
        : undefined;
  if (why === undefined) return;
  throw new Refusal('E_BUNDLE_PLACE', `${file} ${why}`, {
    hint: 'name a new file: sandstorm-airgap support-bundle /root/sandstorm-support.tar.gz',
  });
}

async function gather(
  home: string,
  host: Host,
  ui: Ui,
  write: (name: string, text: string) => Promise<void>,
): Promise<Manifest> {
  const known = await secretsHere(home, host);
  for (const { value } of known) host.log.hide(value);
  const redact = redactor(known);
  const files: ManifestFile[] = [];
  const missing: Manifest['missing'][number][] = [];
  const taken = new Set<string>();
  await ui.step('Gathered', async (progress) => {
    for (const source of await sourcesOf(home, ownVersion(), host, ui)) {
      const name = nameInside(source.name, redact, taken);
      progress.detail(name);
      const got = await take(source, redact, known).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        missing.push({ what: name, why: redact(why).text });
        return undefined;
      });
      if (got === undefined) continue;
      taken.add(name);
      files.push(manifestFile(name, got.clean, got.cut));
      await write(name, got.clean.text);
    }
    progress.detail(`${String(files.length)} files`);
  });
  const made = host.clock.now().toISOString();
  const inOrder = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { version: 1, made, tool: ownVersion(), home: redact(home).text, files: inOrder, missing };
}

async function take(
  source: Source,
  redact: ReturnType<typeof redactor>,
  known: readonly KnownSecret[],
): Promise<{ readonly clean: ReturnType<typeof redact>; readonly cut: boolean } | undefined> {
  const found = await source.get();
  if (found === undefined) return undefined;
  const clean = redact(found.text);
  // A second look by other means: rather nothing than a password.
  if (knownPattern(known)?.test(clean.text) === true)
    throw new Error('left out: a secret could not be taken out of it');
  return { clean, cut: found.cut };
}

/** In the order of the names, by nobody, all of one time: the same files make the same archive. */
async function pack(work: string, sink: FileSink, host: Host): Promise<void> {
  const time = String(Math.floor(host.clock.now().getTime() / 1000));
  const same = ['--sort=name', '--owner=root:0', '--group=root:0', `--mtime=@${time}`, '--mode=u=rwX,go='];
  const tar = host.commands.filter('tar', ['-C', work, ...same, '-czf', '-', TOP]);
  tar.stdin.end();
  for await (const piece of tar.stdout as AsyncIterable<Buffer>) await sink.write(piece);
  const { exitCode, stderr } = await tar.done;
  if (exitCode !== 0) throw new Refusal('E_IO', `tar could not make the archive: ${stderr.trim()}`);
}
