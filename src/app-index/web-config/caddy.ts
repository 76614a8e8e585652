import { BYTES, SITE_HEADERS, TYPES, type SiteKind } from '../serve/site-headers.js';
import type { WebSite } from './site.js';

/**
 * A site for the Caddyfile. With `http://` in front, as without it Caddy would ask the internet for a certificate.
 * It has no way to refuse links below the root.
 */
export function caddyConfig({ root, names, listen }: WebSite): string {
  const port = `:${String(listen.port)}`;
  const sites = (names.length === 0 ? [''] : names).map((name) => `http://${name}${port}`);
  return `${sites.join(', ')} {
${listen.address === undefined ? '' : `\tbind ${listen.address}\n`}	root * "${root}"

	@other not method GET HEAD
	handle @other {
		respond 405
	}
	@hidden path */.*
	handle @hidden {
		respond 404
	}
${handle('packages', '/packages/*')}
${handle('images', '/images/*')}
${handle('pages', '*')}
	handle {
		respond 404
	}
}`;
}

/** Only for files that are there: that one is missing must not be remembered for a year. */
function handle(kind: SiteKind, path: string): string {
  const matcher = `@${kind}`;
  const where = kind === 'pages' ? '' : `\t\tpath ${path}\n`;
  const tries = kind === 'pages' ? 'file {path} {path}index.html' : 'file {path}';
  const headers = Object.entries(SITE_HEADERS[kind]).map(([name, value]) => `\t\theader ${name} "${value}"`);
  const types =
    kind === 'packages'
      ? [`\t\theader Content-Type ${BYTES}`]
      : Object.entries(TYPES)
          .filter(([, type]) => kind === 'pages' || type.startsWith('image/'))
          .map(([ending, type]) => `\t\theader *.${ending} Content-Type "${type}"`);
  return `	${matcher} {
${where}		${tries}
	}
	handle ${matcher} {
${[...headers, ...types].join('\n')}
		file_server {
			disable_canonical_uris
		}
	}`;
}
