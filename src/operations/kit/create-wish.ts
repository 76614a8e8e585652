import type { Selection } from '../../app-index/mirror/selection.js';
import type { PublicHosts } from '../../kit/hosts.js';
import type { KitManifest } from '../../kit/manifest.js';
import type { KitRequest } from '../../kit/request.js';
import type { Approach } from '../app-index/open-source.js';

export type ReleaseWish =
  | { readonly kind: 'none' }
  /** The newest of the channel. */
  | { readonly kind: 'newest' }
  | { readonly kind: 'build'; readonly build: number }
  | { readonly kind: 'file'; readonly path: string };

/** What a kit is to hold, and where that comes from. */
export interface ContentsWish {
  readonly release: ReleaseWish;
  /** Default: beside a tarball that was given; else from its host. */
  readonly installScript: string | undefined;
  /** OpenPGP release key, if install.sh does not carry it. */
  readonly keyFile: string | undefined;
  /** A release without a signature goes into the kit, whose own one then vouches for it. */
  readonly allowUnsigned: boolean;
  /** This tool's single file. */
  readonly tool: string | undefined;
  /** Packages, and folders of them. */
  readonly packages: readonly string[];
  /** Folder of an app index, whose published packages are taken. */
  readonly index: string | undefined;
  /** Apps of the index elsewhere; none of both: no app at all. */
  readonly apps: Selection;
  readonly allApps: boolean;
  readonly hosts: PublicHosts;
  readonly channel: string;
  readonly offline: boolean;
  readonly approach: Omit<Approach, 'url'>;
}

export interface CreateWish extends ContentsWish {
  /** A folder; or a tar, if its name ends so. */
  readonly path: string;
  readonly signKey: string | undefined;
  readonly purpose: string;
  readonly expiresDays: number | undefined;
  /** Bytes of a part. */
  readonly split: number | undefined;
  /** File of a request. */
  readonly request: string | undefined;
  /** Path of a kit. */
  readonly base: string | undefined;
  /** The house's own template of the page in it, if its folder has one. */
  readonly templates: string | undefined;
  /** Although the index offers older versions than it did. */
  readonly allowOlder: boolean;
  readonly dryRun: boolean;
}

/** What the other side has already. */
export interface Has {
  readonly base: KitManifest['base'];
  readonly request: KitRequest | undefined;
  /** Installed there, or carried over before. */
  readonly builds: ReadonlySet<number>;
  readonly packageIds: ReadonlySet<string>;
  readonly sha256: ReadonlySet<string>;
}
