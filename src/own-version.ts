declare const SANDSTORM_AIRGAP_VERSION: string;

/** Of this tool, put in when it is built; 'source' where it was not. */
export function ownVersion(): string {
  return typeof SANDSTORM_AIRGAP_VERSION === 'undefined' ? 'source' : SANDSTORM_AIRGAP_VERSION;
}
