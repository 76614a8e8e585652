/** What look.mjs prints. */
export interface Facts {
  readonly home: string | null;
  readonly names: readonly string[];
  readonly conf: string | null;
  readonly confRights: string | null;
  readonly latest: string | null;
  readonly command: string | null;
  readonly commandLink: string | null;
  readonly releases: Readonly<Record<string, Tree>>;
  readonly var: readonly string[];
  readonly mongoRights: string | null;
  readonly mongo: Tree;
  readonly data: Readonly<Record<string, string>>;
  readonly passwd: string | null;
  readonly ourFolder: Tree;
  readonly ourVar: Tree;
  readonly unit: string | null;
  readonly server: { readonly pid: number; readonly folder: string | null } | null;
  readonly answers: {
    readonly well: boolean;
    readonly base: Reply | null;
    readonly selfTest: Reply | null;
  };
  readonly run: {
    readonly id: string;
    readonly began: boolean;
    /** It was on its way back when it was cut off. */
    readonly turnedBack: boolean;
    /**
     * On its way back it had begun to link the old build, and had not yet put its data back; or it had begun to link
     * a build that needs its data migrated, and they were not yet.
     */
    readonly exchanging: boolean;
    readonly outcome: string | null;
  } | null;
  readonly state: readonly string[];
  readonly locks: readonly string[];
  readonly staged: readonly string[];
}

/** Path -> kind, mode, owner, hash. */
export type Tree = Readonly<Record<string, string>>;

interface Reply {
  readonly status: number;
  readonly body: string;
}

/** What `status --json` said. */
export interface Said {
  readonly installed: boolean;
  readonly build: number | null;
  readonly running: boolean;
  readonly healthy: boolean;
  readonly pending: { readonly operation: string } | null;
}
