import type { Web } from './web.js';

/** Loaded when it is needed: node's clients and servers take longer than all else that `status` loads. */
export const systemWeb: Web = {
  client: async ({ connections, env }) => (await import('./web-client.js')).systemWebClient(connections, env),
  serve: async (at, answer, onServed) => (await import('./web-server.js')).serveWeb(at, answer, onServed),
  openBelow: async (root, path) => (await import('./open-below.js')).openBelow(root, path),
};
