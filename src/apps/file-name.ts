import type { AppPackage } from './app-package.js';

/** Of the package id: enough to tell apart what is offered in one place. */
const ID_LENGTH = 8;
const MAX_TITLE = 60;
const MAX_VERSION = 30;

/**
 * What a package's file is to be called: "Rig-Notes-1.1.0-e4a72063.spk". Letters, digits, dots, dashes and
 * underscores only, whatever the package calls itself: it must be safe in a shell, a URL and on a stick.
 */
export function spkFileName({
  title,
  marketingVersion,
  packageId,
}: Pick<AppPackage, 'title' | 'marketingVersion' | 'packageId'>): string {
  const parts = [
    safe(title, MAX_TITLE) || 'app',
    safe(marketingVersion, MAX_VERSION),
    packageId.slice(0, ID_LENGTH),
  ];
  return `${parts.filter((part) => part !== '').join('-')}.spk`;
}

/** Accents are dropped; every run of other characters becomes a dash, none at either end. */
function safe(text: string, length: number): string {
  return text
    .slice(0, 4 * length)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, length)
    .replace(/^[.-]+|[.-]+$/g, '');
}
