import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';
import { requireReal } from './real-parts.js';

const SIMPLESAMLPHP = '/usr/share/simplesamlphp/www';
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';

/** Whether a real identity provider can be run here; see requireReal. */
export function requireIdentityProvider(what: string): boolean {
  if (!requireReal(what, ['php', 'openssl'])) return false;
  if (existsSync(SIMPLESAMLPHP)) return true;
  if (process.env.SANDSTORM_AIRGAP_REQUIRE_REAL === '1') throw new Error(`${what} needs simplesamlphp`);
  console.warn(`real part missing: simplesamlphp, skipped: ${what}`);
  return false;
}

/** By entity id: lines of PHP in a service's array (saml20-sp-remote.php). */
export type Services = Readonly<Record<string, string>>;

export interface IdentityProvider {
  readonly url: string;
  readonly metadataUrl: string;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  stop(): Promise<void>;
}

/** SimpleSAMLphp under PHP's own web server on loopback. Ann's password is correct-horse. */
export async function startIdentityProvider(services: Services): Promise<IdentityProvider> {
  const dir = await mkdtemp(join(tmpdir(), 'saml-idp-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}/`;
  for (const name of ['metadata', 'cert', 'log', 'data', 'tmp']) await mkdir(join(dir, name));
  const [key, certificate] = [join(dir, 'cert/idp.key'), join(dir, 'cert/idp.crt')];
  const make = '-x509 -newkey rsa:2048 -nodes -days 400 -subj /CN=idp.test'.split(' ');
  execFileSync('openssl', ['req', ...make, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  for (const [name, text] of Object.entries(configuration(dir, url, services))) {
    await writeFile(join(dir, name), `<?php\n${text}\n`);
  }
  const child = spawn(
    'php',
    ['-d', 'display_errors=0', '-S', `127.0.0.1:${String(port)}`, '-t', SIMPLESAMLPHP],
    {
      env: { ...process.env, SIMPLESAMLPHP_CONFIG_DIR: dir },
      stdio: 'ignore',
    },
  );
  const metadataUrl = `${url}saml2/idp/metadata.php`;
  await answering(metadataUrl, child);
  return {
    url,
    metadataUrl,
    certificate: await readFile(certificate, 'utf8'),
    key: await readFile(key, 'utf8'),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill();
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function configuration(dir: string, url: string, services: Services): Record<string, string> {
  return {
    'config.php': `$config = [
      'baseurlpath' => '${url}', 'certdir' => '${dir}/cert/', 'loggingdir' => '${dir}/log/',
      'datadir' => '${dir}/data/', 'tempdir' => '${dir}/tmp', 'metadatadir' => '${dir}/metadata/',
      'attributenamemapdir' => '/etc/simplesamlphp/attributemap/',
      'secretsalt' => 'of-no-value', 'auth.adminpassword' => 'of-no-use', 'technicalcontact_email' => 'it@corp.test',
      'timezone' => 'UTC', 'logging.handler' => 'file', 'logging.logfile' => 'idp.log',
      'enable.saml20-idp' => true, 'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
      'session.cookie.secure' => false, 'session.cookie.samesite' => null, 'language.cookie.secure' => false,
      'store.type' => 'phpsession', 'session.phpsession.savepath' => '${dir}/tmp',
      'metadata.sources' => [['type' => 'flatfile']], 'production' => true, 'admin.checkforupdates' => false,
      'showerrors' => true, 'errorreporting' => false, 'theme.use' => 'default',
    ];`,
    'authsources.php': `$config = ['people' => ['exampleauth:UserPass',
      'ann:correct-horse' => ['uid' => ['ann'], 'mail' => ['ann@corp.test'], 'displayName' => ['Ann Admin']]]];`,
    'metadata/saml20-idp-hosted.php': `$metadata['__DYNAMIC:1__'] = ['host' => '__DEFAULT__',
      'privatekey' => 'idp.key', 'certificate' => 'idp.crt', 'auth' => 'people',
      'NameIDFormat' => ['${PERSISTENT}'], 'authproc' => [
        3 => ['class' => 'saml:AttributeNameID', 'attribute' => 'uid', 'Format' => '${PERSISTENT}'],
        50 => ['class' => 'core:AttributeMap', 'mail' => 'email'],
      ]];`,
    'metadata/saml20-sp-remote.php': Object.entries(services)
      .map(([entityId, lines]) => `$metadata['${entityId}'] = [${lines}];`)
      .join('\n'),
  };
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) break;
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(50);
  }
  child.kill();
  throw new Error('the identity provider does not answer');
}
