import { describe, expect, it } from 'vitest';
import { apacheConfig } from '../../../src/app-index/web-config/apache.js';
import { caddyConfig } from '../../../src/app-index/web-config/caddy.js';
import { nginxConfig } from '../../../src/app-index/web-config/nginx.js';
import {
  parseListen,
  parseListenAt,
  parseServerName,
  webSite,
} from '../../../src/app-index/web-config/site.js';

/* That they work is shown with the real servers, in test/integration/app-index. */

describe('what may stand in a configuration', () => {
  it.each(['/srv/a"; evil', '/srv/$uri', '/srv/{x}', '/srv/a\nb', "/srv/a'b", '/srv/a\\b'])(
    'no folder %j',
    (dir) => {
      expect(() => webSite(dir, [], { address: undefined, port: 80 })).toThrow(
        'is not a path of plain letters',
      );
    },
  );

  it.each(['a b', 'a;b', '', '-a', 'a..b', 'a/b', '*.*', 'a.*'])('no name %j', (name) => {
    expect(() => parseServerName(name, '--server-name')).toThrow('is not a host name');
  });

  it.each(['0', '65536', '1.2.3:80', '999.1.1.1:80', '::1:80', '[1.2.3.4]:80', 'x:80', '80;'])(
    'no address %j',
    (at) => {
      expect(() => parseListen(at, '--listen')).toThrow('is not a port, or an address and a port');
    },
  );

  it('addresses of both families', () => {
    expect(parseListen('80', '')).toEqual({ address: undefined, port: 80 });
    expect(parseListen('[fd00::5]:80', '')).toEqual({ address: 'fd00::5', port: 80 });
    expect(parseListenAt('127.0.0.1:0', '')).toEqual({ address: '127.0.0.1', port: 0 });
    expect(() => parseListenAt('8080', '--listen')).toThrow('is not an address and a port');
  });
});

it('says names and addresses as each server wants them', () => {
  const site = webSite('/srv/app index', ['apps.corp.lan', 'store.corp.lan'], {
    address: 'fd00::5',
    port: 8080,
  });
  expect(nginxConfig(site)).toContain(
    'listen [fd00::5]:8080;\n    server_name apps.corp.lan store.corp.lan;',
  );
  expect(nginxConfig(site)).toContain('root "/srv/app index/public";');
  expect(apacheConfig(site)).toMatch(/^Listen \[fd00::5\]:8080\n<VirtualHost \[fd00::5\]:8080>\n/);
  expect(apacheConfig(site)).toContain('ServerName apps.corp.lan\n    ServerAlias store.corp.lan\n');
  expect(caddyConfig(site)).toContain(
    'http://apps.corp.lan:8080, http://store.corp.lan:8080 {\n\tbind fd00::5\n',
  );
});
