/** Many files from a web server, and files for others: what a mirror and a server of an index need. */
export interface Web {
  /** @param env holds http_proxy, https_proxy and no_proxy, as every program has them. */
  client(options: { readonly connections: number; readonly env: WebEnvironment }): Promise<WebClient>;
  /** @throws Refusal E_IO when that address cannot be listened on. */
  serve(at: ListenAt, answer: Answer, onServed: (served: Served) => void): Promise<WebServer>;
  /**
   * A regular file at exactly that place: undefined when there is none, or when a link stands in its way.
   * @param root real path of a folder
   * @param path relative, without "." and ".."
   */
  openBelow(root: string, path: string): Promise<OpenedFile | undefined>;
}

export type WebEnvironment = Readonly<Record<string, string | undefined>>;

export interface WebClient {
  /**
   * One request; redirects are not followed. Resolves once the body is whole, or was not wanted.
   * @throws WebTrouble
   */
  ask(url: URL, ask: WebAsk, receive: (head: WebHead) => Receiver | undefined): Promise<WebHead>;
  close(): void;
}

export interface WebAsk {
  readonly method: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds in which, from connecting on, something must have come, and of a body `minRate` bytes a second. */
  readonly patienceMs: number;
  readonly minRate: number;
  readonly signal: AbortSignal;
}

export interface WebHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Gets the body piece by piece. What it throws ends the transfer and comes out of `ask`. */
export type Receiver = (piece: Buffer) => void | Promise<void>;

/** No whole answer came. */
export class WebTrouble extends Error {
  constructor(
    /** For people, without the address: "connection refused". */
    message: string,
    /** Another try may go better. */
    readonly passing: boolean,
  ) {
    super(message);
  }
}

export interface ListenAt {
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
}

export interface WebServer extends ListenAt {
  /** Takes no more requests, lets those in hand end for so long, then cuts them off. */
  close(graceMs: number): Promise<void>;
}

export interface Asked {
  readonly method: string;
  /** As it came: path and query, not decoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | FilePart;
}

/** Bytes `from` to `to`, both of them too, of a file that is closed once it was sent. */
export interface FilePart {
  readonly file: OpenedFile;
  readonly from: number;
  readonly to: number;
}

export interface OpenedFile {
  readonly fd: number;
  readonly size: number;
  readonly mtimeMs: number;
  close(): Promise<void>;
}

export type Answer = (asked: Asked) => Promise<Answered>;

/** What an access log tells of. */
export interface Served {
  readonly remote: string;
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
}
