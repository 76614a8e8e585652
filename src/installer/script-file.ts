import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';

const LIMIT = 1024 * 1024;

/**
 * The text of Sandstorm's install.sh, judged loosely: a bash script that installs Sandstorm from a bundle
 * file. It is run as root on the administrator's word; this only catches the wrong file.
 * @throws Refusal E_INSTALL_SCRIPT
 */
export async function readInstallScript(path: string, host: Host): Promise<string> {
  const stat = await host.files.stat(path);
  if (stat === undefined) throw notTheScript(path, 'there is no such file');
  if (stat.kind !== 'file') throw notTheScript(path, 'it is not a regular file');
  if (stat.size > LIMIT) throw notTheScript(path, 'it is larger than any install.sh');
  const text = (await host.files.readText(path, LIMIT)) ?? '';
  const why = whyNotInstallScript(text);
  if (why !== undefined) throw notTheScript(path, why);
  // A download that broke off leaves a function open; bash finds that without running anything.
  const read = await host.commands.run('bash', ['-n', path]);
  if (read.exitCode !== 0)
    throw notTheScript(path, `bash cannot read it: ${read.stderr.trim().split('\n')[0] ?? ''}`);
  return text;
}

/** Pure: why this text is not install.sh; undefined when it may be. */
export function whyNotInstallScript(text: string): string | undefined {
  if (text.includes('\0')) return 'it is not text';
  if (!/^#! ?\/(usr\/)?bin\/(env )?bash/.test(text)) return 'it does not begin as a bash script';
  for (const word of ['Wildcard host:', 'WILDCARD_HOST', 'sandstorm.conf', 'REPORT']) {
    if (!text.includes(word)) return `it does not speak of ${word}`;
  }
  return undefined;
}

function notTheScript(path: string, why: string): Refusal {
  return new Refusal('E_INSTALL_SCRIPT', `${path} is not Sandstorm's install.sh: ${why}`, {
    hint: 'give the file with --install-script; on a connected machine it comes from https://install.sandstorm.io',
  });
}
