export type ConnectFailureKind = 'unresolved' | 'refused' | 'timeout' | 'unreachable' | 'not-tls' | 'bad-ca';

/** There is no connection. Data for who looks at a directory, so no Refusal. */
export class ConnectFailure extends Error {
  constructor(
    readonly kind: ConnectFailureKind,
    message: string,
  ) {
    super(message);
    this.name = 'ConnectFailure';
  }
}

export function connectFailed(kind: ConnectFailureKind, message: string): ConnectFailure {
  return new ConnectFailure(kind, message);
}
