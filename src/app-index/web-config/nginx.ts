import { BYTES, SITE_HEADERS, TYPES, type SiteKind } from '../serve/site-headers.js';
import { inUrl, type WebSite } from './site.js';

/** A server block for a file of its own in /etc/nginx/conf.d or sites-available. */
export function nginxConfig({ root, names, listen }: WebSite): string {
  const address = listen.address === undefined ? '' : `${inUrl(listen.address)}:`;
  return `server {
    listen ${address}${String(listen.port)};
    server_name ${names.length === 0 ? '_' : names.join(' ')};

    root "${root}";
    # The root is a link that moves with each publication; nothing below it is one.
    disable_symlinks on from=$document_root;
    autoindex off;
    max_ranges 1;
    sendfile on;
    server_tokens off;
    charset utf-8;
    charset_types ${withCharset().join(' ')};
    default_type ${BYTES};
    types {
${indented(typeLines(), 8)}
    }

    if ($request_method !~ ^(GET|HEAD)$) {
        return 405;
    }
    location ~ /\\. {
        return 404;
    }
    location = / {
        try_files /index.html =404;
${headerLines('pages')}
    }
    location / {
        try_files $uri =404;
${headerLines('pages')}
    }
    location /images/ {
        try_files $uri =404;
${headerLines('images')}
    }
    location /packages/ {
        try_files $uri =404;
        types { }
${headerLines('packages')}
    }
}`;
}

function headerLines(kind: SiteKind): string {
  const lines = Object.entries(SITE_HEADERS[kind]).map(([name, value]) => `add_header ${name} "${value}";`);
  return indented(lines, 8);
}

function typeLines(): string[] {
  return Object.entries(TYPES).map(([ending, type]) => `${bare(type)} ${ending};`);
}

/** text/html has it in any case. */
function withCharset(): string[] {
  return Object.values(TYPES)
    .filter((type) => type.includes('charset') && bare(type) !== 'text/html')
    .map(bare);
}

function bare(type: string): string {
  return type.replace(/;.*$/, '');
}

function indented(lines: readonly string[], by: number): string {
  return lines.map((line) => ' '.repeat(by) + line).join('\n');
}
