import { parseIndexUrl } from '../app-index/mirror/source.js';

/** Where what a kit needs is published. Upstream moves from .io to .org, and a house may have mirrors: all are settings. */
export interface PublicHosts {
  /** Tarballs and their signatures lie below it. */
  readonly downloads: string;
  /** install.sh itself, and the newest build of a channel below it, as install.sh asks for it. */
  readonly install: string;
  readonly index: string;
}

export const PUBLIC_HOSTS: PublicHosts = {
  downloads: 'https://dl.sandstorm.io',
  install: 'https://install.sandstorm.io',
  index: 'https://app-index.sandstorm.io',
};

/** @throws Refusal E_BAD_VALUE, E_SECRET_ON_COMMAND_LINE */
export const parseHostUrl = parseIndexUrl;

export function tarballName(build: number): string {
  return `sandstorm-${String(build)}.tar.xz`;
}

/**
 * What is asked for the newest build of a channel (`BUILD=` in install.sh). install.sh itself says `install_v2`, by which
 * upstream counts people who install; a kit is not one, and `install` is what other tools say.
 */
export function newestPath(channel: string): string {
  return `${channel}?from=0&type=install`;
}
