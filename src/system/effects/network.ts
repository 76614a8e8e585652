export type DnsAnswer =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'nxdomain' }
  /** The name exists but has no record of that type. */
  | { readonly kind: 'nodata' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'servfail' }
  | { readonly kind: 'unreachable'; readonly reason: string };

export interface Dns {
  /** Asks one server ("10.0.0.2", "10.0.0.2:5353", "[fe80::1]:53") for A or AAAA records. */
  query(server: string, name: string, type: 'A' | 'AAAA'): Promise<DnsAnswer>;
  /** What programs on this machine get: getaddrinfo, with /etc/hosts and everything else in it. */
  lookup(name: string): Promise<readonly string[]>;
  /** The servers this machine is configured to ask. */
  systemServers(): readonly string[];
  /** Addresses of this machine's own interfaces, loopback included. */
  ownAddresses(): readonly string[];
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** At most `maxBytes` of it. */
  readonly body: string;
  /** Why the certificate would not be trusted, when the server was asked all the same. */
  readonly tlsProblem: string | undefined;
}

export interface HttpOptions {
  /** Connect there instead of to the URL's host (the Host header and TLS name stay the URL's). */
  readonly connectTo?: { readonly address: string; readonly port: number };
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** More of them; no line ends within. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Http {
  /**
   * One GET, redirects not followed, names through `Dns.lookup`.
   * @throws Error with a plain sentence when there is no answer.
   */
  get(url: string, options?: HttpOptions): Promise<HttpAnswer>;
}

export interface Tcp {
  /**
   * The first line a server says by itself (SMTP does), at most 512 characters.
   * @throws Error with a plain sentence when nothing is said in time
   */
  greeting(host: string, port: number, timeoutMs?: number): Promise<string>;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

export interface HandshakeOptions {
  /** The name asked for (SNI); default: the host. */
  readonly serverName?: string;
  /** PEM; default: those that node knows. */
  readonly trust?: readonly string[];
  readonly version?: TlsVersion;
  /** As OpenSSL writes a list of them; for TLS 1.2 and older. */
  readonly ciphers?: string;
  readonly timeoutMs?: number;
}

export type Handshake =
  | {
      readonly done: true;
      readonly version: string;
      readonly cipher: string;
      /** DER, leaf first. */
      readonly chain: readonly Buffer[];
      /** Why the chain is not trusted; names are not looked at. */
      readonly trustProblem: string | undefined;
    }
  /** `refused`: something answered, and would not have it so. */
  | { readonly done: false; readonly refused: boolean; readonly why: string };

/** Certificate chain and key in PEM, as a server gets them. */
export interface ServedPair {
  readonly chain: string;
  readonly key: string;
  readonly passphrase?: string;
  readonly ciphers?: string;
  readonly minVersion?: TlsVersion;
}

export interface Tls {
  /** Connects, shakes hands and hangs up; whatever the certificate. */
  handshake(host: string, port: number, options?: HandshakeOptions): Promise<Handshake>;
  /**
   * A server with that certificate on loopback, for as long as `work` takes; `work` gets its port.
   * @throws Error when certificate and key are not taken
   */
  serving<T>(pair: ServedPair, work: (port: number) => Promise<T>): Promise<T>;
}
