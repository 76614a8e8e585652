import { parseListen, parseListenAt, parseServerName } from '../../app-index/web-config/site.js';
import { defineCommand } from '../command.js';
import { formed, path, positional, positionalPath, several } from '../option.js';

const dir = positionalPath('dir', 'folder of the app index');

export const SERVE_OPTIONS = {
  dir,
  listen: formed(
    '--listen <address:port>',
    'where to listen (default 127.0.0.1:8080, for this machine alone; 0.0.0.0:8080 for all)',
    parseListenAt,
  ),
  accessLog: path('--access-log <file>', 'append the access log there, instead of to standard output'),
};

export const indexServeCommand = defineCommand({
  name: 'index serve',
  summary: 'serve what is published of an app index over HTTP',
  description:
    "A small server for static files: ranges, caching, and the headers that keep a stranger's pictures harmless.\n" +
    'It runs until it is told to stop, and lets downloads end. For many users a web server is better: index config.',
  examples: [
    'sandstorm-airgap index serve /srv/app-index',
    'sandstorm-airgap index serve /srv/app-index --listen 0.0.0.0:8080 --access-log /var/log/app-index.log',
  ],
  options: SERVE_OPTIONS,
  load: async () => (await import('./index-serve.run.js')).serve,
});

export const CONFIG_OPTIONS = {
  webServer: positional('server', 'nginx, apache or caddy'),
  dir: positionalPath('dir', 'folder of the app index (default /srv/app-index)'),
  serverName: {
    ...several('--server-name <name>', 'host name it is asked by; may be repeated (default: any)'),
    parse: (value: string, what: string) => value.split(',').map((one) => parseServerName(one.trim(), what)),
  },
  webListen: formed('--listen <[address:]port>', 'where the web server listens (default 80)', parseListen),
};

export const indexConfigCommand = defineCommand({
  name: 'index config',
  summary: 'print the configuration of a web server for an app index',
  description:
    'For nginx, Apache or Caddy: document root, types, caching, headers, no directory listings, no links followed.\n' +
    'Nothing is changed.',
  examples: [
    'sandstorm-airgap index config nginx /srv/app-index --server-name apps.corp.lan > /etc/nginx/conf.d/app-index.conf',
    'sandstorm-airgap index config caddy /srv/app-index --listen 8080',
  ],
  options: CONFIG_OPTIONS,
  load: async () => (await import('./index-serve.run.js')).config,
});
