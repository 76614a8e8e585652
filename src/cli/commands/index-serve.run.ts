import { apacheConfig, APACHE_MODULES } from '../../app-index/web-config/apache.js';
import { caddyConfig } from '../../app-index/web-config/caddy.js';
import { nginxConfig } from '../../app-index/web-config/nginx.js';
import { webSite, type WebSite } from '../../app-index/web-config/site.js';
import { badValue } from '../../errors.js';
import { serveIndex } from '../../operations/app-index/serve.js';
import type { Host } from '../../system/host.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { CONFIG_OPTIONS, SERVE_OPTIONS } from './index-serve.js';

const LISTEN_AT = { address: '127.0.0.1', port: 8080 };

export async function serve(
  context: CommandContext<typeof SERVE_OPTIONS>,
): Promise<OutcomeOf<'index serve'>> {
  const { host, json, ui, values } = context;
  const at = values.listen ?? LISTEN_AT;
  const dir = await context.need('dir');
  const log = accessLog(values.accessLog, host) ?? (json ? () => undefined : (line: string) => ui.say(line));
  const { untilStopped, ...serving } = await serveIndex(dir, at, host, log);
  const { url, address } = serving;
  const alone = /^127\.|^::1$/.test(address)
    ? ', for this machine alone (--listen 0.0.0.0:8080 for all)'
    : '';
  return {
    changed: false,
    result: serving,
    text: `Serving ${dir} at ${url}${alone}. Ctrl-C ends it.`,
    goOn: untilStopped,
  };
}

/** In the order in which the requests ended; what comes while the disk is busy is written with the next lines. */
function accessLog(file: string | undefined, host: Host): ((line: string) => void) | undefined {
  if (file === undefined) return undefined;
  let waiting = '';
  let writing = false;
  const write = async (): Promise<void> => {
    while (waiting !== '') {
      const lines = waiting;
      waiting = '';
      await host.files.appendSynced(file, lines, 0o640);
    }
  };
  return (line) => {
    waiting += `${line}\n`;
    if (writing) return;
    writing = true;
    void write()
      .catch((error: unknown) => host.log(String(error)))
      .finally(() => (writing = false));
  };
}

interface Rendered {
  readonly render: (site: WebSite) => string;
  /** Comment above it: where it goes, how it comes into force. */
  readonly put: readonly string[];
}

const SERVERS: Readonly<Record<string, Rendered>> = {
  nginx: {
    render: nginxConfig,
    put: ['/etc/nginx/conf.d/app-index.conf; then: nginx -t && systemctl reload nginx'],
  },
  apache: {
    render: apacheConfig,
    put: [
      '/etc/apache2/sites-available/app-index.conf; then:',
      `a2enmod ${APACHE_MODULES.join(' ')} && a2ensite app-index && systemctl reload apache2`,
    ],
  },
  caddy: { render: caddyConfig, put: ['/etc/caddy/Caddyfile; then: systemctl reload caddy'] },
};

export async function config(
  context: CommandContext<typeof CONFIG_OPTIONS>,
): Promise<OutcomeOf<'index config'>> {
  const { values } = context;
  const server = await context.need('webServer');
  const known = SERVERS[server];
  if (known === undefined) throw badValue('the web server', server, 'nginx, apache or caddy');
  const site = webSite(values.dir ?? '/srv/app-index', values.serverName ?? [], values.webListen ?? ALL);
  const text = [...known.put.map((line) => `# ${line}`), known.render(site)].join('\n');
  return { changed: false, result: { server, root: site.root, config: text }, text, verbatim: true };
}

const ALL = { address: undefined, port: 80 };
