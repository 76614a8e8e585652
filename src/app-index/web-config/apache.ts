import { BYTES, SITE_HEADERS, TYPES, type SiteKind } from '../serve/site-headers.js';
import { inUrl, type WebSite } from './site.js';

/** A virtual host for a file of its own in /etc/apache2/sites-available. */
export function apacheConfig({ dir, root, names, listen }: WebSite): string {
  const address = listen.address === undefined ? '*' : inUrl(listen.address);
  const [first, ...others] = names;
  return [
    // Debian's ports.conf has 80 already, and twice is an error.
    ...(listen.port === 80
      ? []
      : [`Listen ${listen.address === undefined ? '' : `${address}:`}${String(listen.port)}`]),
    `<VirtualHost ${address}:${String(listen.port)}>
${nameLines(first, others)}    DocumentRoot "${root}"
    AddDefaultCharset Off
${typeLines()}

    # The root is a link that moves with each publication; nothing below it is one.
    <Directory "${dir}">
        Options FollowSymLinks
        AllowOverride None
        Require all denied
    </Directory>
    <Directory "${root}">
        Options None
        Require all granted
        AllowMethods GET HEAD
        DirectoryIndex disabled
        DirectoryIndex index.html
        DirectorySlash Off
        MaxRanges 1
        FileETag MTime Size
    </Directory>
    RedirectMatch 404 "/\\."

${headerLines('pages')}
    <Location "/images/">
${headerLines('images', '        ')}
        Header unset Referrer-Policy
    </Location>
    <Location "/packages/">
        ForceType ${BYTES}
${headerLines('packages', '        ')}
        Header unset Referrer-Policy
    </Location>
</VirtualHost>`,
  ].join('\n');
}

/** They have to be switched on: a2enmod NAME. */
export const APACHE_MODULES = ['alias', 'allowmethods', 'authz_core', 'dir', 'headers', 'mime'] as const;

function nameLines(first: string | undefined, others: readonly string[]): string {
  const lines = [
    ...(first === undefined ? [] : [`ServerName ${first}`]),
    ...(others.length === 0 ? [] : [`ServerAlias ${others.join(' ')}`]),
  ];
  return lines.map((line) => `    ${line}\n`).join('');
}

function headerLines(kind: SiteKind, margin = '    '): string {
  return Object.entries(SITE_HEADERS[kind])
    .map(([name, value]) => `${margin}Header set ${name} "${value}"`)
    .join('\n');
}

function typeLines(): string {
  return Object.entries(TYPES)
    .map(([ending, type]) => `    AddType "${type}" .${ending}`)
    .join('\n');
}
