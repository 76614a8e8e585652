declare const SANDSTORM_AIRGAP_VERSION: string;

/** Of this tool, as it stands in a manifest. */
export function ownVersion(): string {
  return typeof SANDSTORM_AIRGAP_VERSION === 'undefined' ? 'source' : SANDSTORM_AIRGAP_VERSION;
}
