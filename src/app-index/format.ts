/**
 * The files of an app index as Sandstorm's server and market read them (src/sandstorm/app-index/ there):
 *
 *     apps/index.json          IndexFile, one entry per app: its newest version
 *     apps/<appId>.json        AppDetails
 *     packages/<packageId>     the SPK itself, no extension; older ones stay
 *     images/<imageId>         hex of 16 bytes of BLAKE2b, and .svg, .png or .jpeg
 */
export interface IndexFile {
  readonly apps: readonly IndexEntry[];
}

export interface IndexEntry {
  readonly appId: string;
  readonly name: string;
  /** For people: "1.1.0". */
  readonly version: string;
  readonly packageId: string;
  readonly imageId?: string;
  readonly webLink?: string;
  readonly codeLink?: string;
  readonly isOpenSource: boolean;
  /** Titles: "DevTools", not "developerTools". */
  readonly categories: readonly string[];
  readonly author: IndexAuthor;
  readonly upstreamAuthor?: string;
  readonly shortDescription?: string;
  /** 2014-08-21T09:19:29Z */
  readonly createdAt: string;
  readonly versionNumber: number;
}

export interface IndexAuthor {
  readonly name?: string;
  readonly keybaseUsername?: string;
  readonly picture?: string;
  readonly githubUsername?: string;
  readonly twitterUsername?: string;
  readonly hackernewsUsername?: string;
  readonly redditUsername?: string;
}

export interface AppDetails {
  /** Markdown, from a stranger. */
  readonly description?: string;
  readonly screenshots: readonly ScreenshotRef[];
  /** A title: "MIT License", "Proprietary", "Public Domain". */
  readonly license?: string;
}

export interface ScreenshotRef {
  readonly imageId: string;
  readonly width: number;
  readonly height: number;
}
