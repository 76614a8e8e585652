export interface LdapOptions {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** From the first byte on, as with ldaps://. */
  readonly tls: boolean;
  /** PEM; instead of the authorities that Node has built in. */
  readonly ca?: string | undefined;
  /** For the connection, and again for each question. */
  readonly timeoutMs: number;
  /** What the server may send (default: 32 MiB, 50,000 messages). */
  readonly limits?: { readonly messageBytes: number; readonly totalBytes: number; readonly messages: number };
}

/** What the server has shown; leaf first, as far as the chain is known. */
export interface TlsSeen {
  /** "TLSv1.3" */
  readonly protocol: string;
  /** OpenSSL's code: "CERT_HAS_EXPIRED", "UNABLE_TO_VERIFY_LEAF_SIGNATURE". */
  readonly chainProblem: string | undefined;
  /** Why the certificate is not for that host. */
  readonly nameProblem: string | undefined;
  readonly chain: readonly SeenCertificate[];
}

export interface SeenCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** As node writes them: "DNS:dc1.corp.lan, IP Address:10.20.0.9"; may be empty. */
  readonly names: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** SHA-256, hex pairs with colons. */
  readonly fingerprint: string;
}

/** RFC 4511's result code, 0 being success; or what happened to the connection. */
export interface LdapOutcome {
  readonly code: number | 'timeout' | 'closed';
  /** As the server wrote it: not to be shown as it is. */
  readonly message: string;
}

export interface LdapEntry {
  readonly dn: string;
  /** By name as the server spells it; only those with a value. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

export interface LdapAnswer extends LdapOutcome {
  readonly entries: readonly LdapEntry[];
  /** Other servers that would know more (search result references). */
  readonly references: readonly string[];
}

export interface LdapSearch {
  readonly base: string;
  readonly scope: 'base' | 'sub';
  readonly filter: string;
  /** All but operational ones when left out. */
  readonly attributes?: readonly string[];
  readonly sizeLimit?: number;
  /** Asks for pages of so many (RFC 2696). */
  readonly pageSize?: number;
  /** No further page once so many are there. */
  readonly most?: number;
}

/** Sends nothing to a server whose certificate is not trusted: `bind` and `search` reject then. */
export interface LdapSession {
  readonly tls: TlsSeen | undefined;
  bind(dn: string, password: string): Promise<LdapOutcome>;
  search(search: LdapSearch): Promise<LdapAnswer>;
  close(): void;
}

export interface Ldap {
  /** @throws ConnectFailure */
  open(options: LdapOptions): Promise<LdapSession>;
}
