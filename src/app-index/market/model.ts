import type { AppDetails, IndexEntry } from '../format.js';

/** All that a market page shows, in the order in which it was found; the page sorts. */
export interface MarketModel {
  /** The name of the house's market, as plain text. */
  readonly title: string;
  /** Base URLs of the house's Sandstorm servers, offered to who has named none yet: "http://sandstorm.corp.lan:6080". */
  readonly servers?: readonly string[];
  readonly apps: readonly MarketApp[];
}

export interface MarketApp {
  readonly entry: IndexEntry;
  readonly details: AppDetails;
  /** Newest first; at least that of `entry`. */
  readonly versions: readonly MarketVersion[];
}

export interface MarketVersion {
  readonly packageId: string;
  readonly version: string;
  readonly versionNumber: number;
  /** Of the packed file. */
  readonly bytes: number;
  /** What a download is to be called: "Rig-Notes-1.1.0-e4a72063.spk". */
  readonly fileName: string;
}
