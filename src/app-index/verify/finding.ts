/** What is not as it must be with an app index; or, as a warning, what may keep it from being of use. */
export interface Finding {
  readonly level: 'fault' | 'warning';
  /** contents: damaged, missing or wrong; network: Sandstorm could not fetch it. */
  readonly kind: 'contents' | 'network';
  /** A file of the index, an app id, an address. */
  readonly about: string;
  readonly problem: string;
  readonly fix?: string;
}

export function fault(about: string, problem: string, fix?: string): Finding {
  return { level: 'fault', kind: 'contents', about, problem, ...(fix === undefined ? {} : { fix }) };
}

export function warning(about: string, problem: string, fix?: string): Finding {
  return { ...fault(about, problem, fix), level: 'warning' };
}

export function onNetwork(finding: Finding): Finding {
  return { ...finding, kind: 'network' };
}
