/** What an app package (SPK) says of itself. Formats: Sandstorm's `package.capnp`; texts are the default ones, not translations. */
export interface AppPackage {
  /** First 32 hex digits of the SHA-256 of the file. */
  readonly packageId: string;
  /** 52 characters; the app that it is, with replaced keys applied. */
  readonly appId: string;
  /** The id of the very key that signed it; differs from `appId` where that key was replaced. */
  readonly signedBy: string;
  readonly title: string;
  /** As people see it: "1.1.0". */
  readonly marketingVersion: string;
  /** What decides which of two packages of an app is newer. */
  readonly versionNumber: number;
  /** Bytes of the file. */
  readonly packedBytes: number;
  /** Bytes of the archive message in it. */
  readonly unpackedBytes: number;
  readonly metadata: AppMetadata;
}

export interface AppMetadata {
  readonly icons: { readonly appGrid?: AppIcon; readonly grain?: AppIcon; readonly market?: AppIcon };
  readonly website?: string;
  readonly codeUrl?: string;
  readonly license: License;
  readonly categories: readonly { readonly id: string; readonly title: string }[];
  readonly author: Author;
  readonly shortDescription?: string;
  /** Markdown, from a stranger. */
  readonly description?: string;
  readonly changeLog?: string;
  readonly screenshots: readonly Screenshot[];
}

export type License =
  | { readonly kind: 'none' }
  | { readonly kind: 'openSource'; readonly id: string; readonly title: string }
  | { readonly kind: 'proprietary' | 'publicDomain'; readonly text?: string };

export interface Author {
  readonly contactEmail?: string;
  readonly upstreamAuthor?: string;
  /** Upper-case hex; only when the package carries a valid signature of that key over its app id. */
  readonly pgpFingerprint?: string;
  /** The name in that key's first user id. */
  readonly pgpName?: string;
  /** Why a signature that the package does carry says nothing, as a clause: "it is over another text". */
  readonly pgpProblem?: string;
}

export interface AppImage {
  readonly format: 'svg' | 'png' | 'jpeg';
  readonly bytes: Uint8Array;
}

/** `double` is the one for screens of twice the density, if there is one. */
export interface AppIcon {
  readonly single: AppImage;
  readonly double?: AppImage;
}

export interface Screenshot {
  readonly width: number;
  readonly height: number;
  readonly image: AppImage;
}
