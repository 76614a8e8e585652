import { basename, dirname } from 'node:path';
import { chooseApps } from '../../app-index/choose.js';
import { findDocument, type IndexDocument } from '../../app-index/document.js';
import { listGenerations, numberInForce } from '../../app-index/generations.js';
import { indexLayout } from '../../app-index/layout.js';
import { siteFiles, type SiteParts } from '../../app-index/site.js';
import { stampOf } from '../../app-index/stamp.js';
import { readStore, storedPackage } from '../../app-index/store.js';
import type { ReadPackage } from '../../app-index/take-in.js';
import { appSources, checkNetwork } from '../../app-index/verify/check-network.js';
import { checkPublished } from '../../app-index/verify/check-published.js';
import { checkSite, type Proven, type SiteCheck } from '../../app-index/verify/check-site.js';
import { checkStore } from '../../app-index/verify/check-store.js';
import { fault, warning, type Finding } from '../../app-index/verify/finding.js';
import { localSource, webSource } from '../../app-index/verify/site-source.js';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';

export interface Verified {
  readonly apps: number;
  /** Proven, those in the store included. */
  readonly packages: number;
  readonly images: number;
  readonly findings: readonly Finding[];
  /** What to enter at /admin/app-sources; of an address only. */
  readonly settings?: { readonly appMarketUrl: string; readonly appIndexUrl: string };
}

export interface VerifyTools {
  readonly read: ReadPackage;
  readonly parts: SiteParts;
  onProgress(what: string, done: number, of: number): void;
}

/**
 * Proves an index in a folder of this machine: what is in the store, what is published, and that the one is made from
 * the other. Changes nothing.
 * @throws Refusal E_INDEX_MISSING, E_INDEX_DOCUMENT, E_CANCELLED, E_IO. What is wrong is data.
 */
export async function verifyFolder(dir: string, tools: VerifyTools, host: Host): Promise<Verified> {
  const { read, onProgress } = tools;
  const document = await findDocument(dir, host);
  const number = await numberInForce(dir, host);
  if (document === undefined && number === undefined) throw notAnIndex(dir);
  const store = await checkStore(dir, read, (done, of) => onProgress('store', done, of), host);
  if (number === undefined) {
    const nothing = warning(
      indexLayout(dir).public,
      'nothing is published yet',
      `sandstorm-airgap index build ${dir}`,
    );
    return { apps: 0, packages: store.proven.size, images: 0, findings: [...store.findings, nothing] };
  }
  const site = await checkLocalSite(dir, store.proven, tools, host);
  const published = document === undefined ? [] : await checkAgainstStore(dir, number, document, tools, host);
  const inSite = new Set(site.findings.map(({ about }) => about));
  return {
    ...site,
    packages: Math.max(store.proven.size, site.packages),
    findings: [
      ...store.findings,
      ...site.findings,
      ...published.filter(({ about }) => !inSite.has(about)),
      ...(await shutFolders(dir, host)),
    ],
  };
}

/**
 * Proves an index as a Sandstorm server on this network would fetch it, and that it would be let.
 * @param url base URL of the index, without a slash at its end
 * @throws Refusal E_CANCELLED, E_IO. What is wrong is data.
 */
export async function verifyAddress(url: string, tools: VerifyTools, host: Host): Promise<Verified> {
  const { read, onProgress } = tools;
  const network = await checkNetwork(new URL(url), host);
  const settings = appSources(url);
  if (network.some(({ level }) => level === 'fault')) {
    return { apps: 0, packages: 0, images: 0, findings: network, settings };
  }
  const folder = await host.files.makeTempDir('sandstorm-airgap-verify-');
  // Without a proxy: Sandstorm would ask on its own.
  const client = await host.web.client({ connections: 1, env: {} });
  try {
    const source = webSource(url, client, folder, host);
    const site = await checkSite(source, { read, onApp: (done, of) => onProgress('apps', done, of) }, host);
    return { ...site, findings: [...network, ...site.findings], settings };
  } finally {
    client.close();
    await host.files.remove(folder);
  }
}

function checkLocalSite(
  dir: string,
  proven: ReadonlyMap<string, Proven>,
  { read, onProgress }: VerifyTools,
  host: Host,
): Promise<SiteCheck> {
  const source = localSource(indexLayout(dir).public, host);
  const once = async (file: string): Promise<Proven> => {
    const known = proven.get(basename(file));
    const stored = storedPackage(dir, basename(file)).file;
    // One file under two names has been read to its end already.
    return known === undefined || !(await isSameFile(file, stored, host)) ? read(file, host) : known;
  };
  return checkSite(source, { read: once, onApp: (done, of) => onProgress('apps', done, of) }, host);
}

async function isSameFile(one: string, other: string, host: Host): Promise<boolean> {
  const [a, b] = [await host.files.stat(one), await host.files.stat(other)];
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev;
}

async function checkAgainstStore(
  dir: string,
  number: number,
  document: IndexDocument,
  { parts }: VerifyTools,
  host: Host,
): Promise<Finding[]> {
  const { records } = await readStore(dir, host);
  const generation = (await listGenerations(dir, host)).find((one) => one.number === number);
  if (generation === undefined) {
    return [
      fault(indexLayout(dir).public, 'it leads to no publication', `sandstorm-airgap index build ${dir}`),
    ];
  }
  if (generation.stamp !== stampOf(document, records)) {
    return [
      warning(
        indexLayout(dir).public,
        'the index was changed since this was published, or it was rolled back',
        `sandstorm-airgap index build ${dir}`,
      ),
    ];
  }
  const apps = chooseApps(
    records.map(({ record }) => record),
    document,
  );
  const again = `sandstorm-airgap index build ${dir} --anew`;
  const findings = await checkPublished(indexLayout(dir).public, siteFiles(dir, document, apps, parts), host);
  return findings.map((one) => ({ ...one, fix: again }));
}

/** A web server runs as somebody else, and has to get through. */
async function shutFolders(dir: string, host: Host): Promise<Finding[]> {
  const site = (await host.files.realPath(indexLayout(dir).public)) ?? dir;
  const shut: string[] = [];
  for (let folder = site; folder !== dirname(folder); folder = dirname(folder)) {
    const stat = await host.files.stat(folder);
    if (stat !== undefined && (stat.mode & 0o001) === 0) shut.unshift(folder);
  }
  return shut.map((folder) =>
    warning(folder, 'a web server that is not its owner cannot enter it', `chmod o+x ${folder}`),
  );
}

function notAnIndex(dir: string): Refusal {
  return new Refusal('E_INDEX_MISSING', `${dir} is not an app index`, {
    hint: `sandstorm-airgap index init ${dir}`,
  });
}
