import { describe, expect, it } from 'vitest';
import {
  KNOWN_SETTINGS,
  nearMiss,
  redactValue,
  requireGoodSetting,
} from '../../../src/config/known-settings.js';

describe('requireGoodSetting', () => {
  const good: [key: string, value: string][] = [
    ['PORT', '80,6080'],
    ['HTTPS_PORT', '443'],
    ['BASE_URL', 'https://sandstorm.example.com'],
    ['BASE_URL', 'http://[fd00::1]:6080'],
    ['WILDCARD_HOST', 'ss-*.example.com:6080'],
    ['UPDATE_CHANNEL', 'none'],
    ['ALLOW_DEV_ACCOUNTS', 'false'],
    ['BIND_IP', '::'],
    ['SERVER_USER', 'sandstorm'],
    ['MAIL_URL', 'smtp://me:pw@mail.lan:587'],
    ['PRIVATE_KEY_PASSWORD', 'a b"c'],
  ];
  it.each(good)('%s=%s', (key, value) => expect(() => requireGoodSetting(key, value)).not.toThrow());

  const bad: [key: string, value: string][] = [
    ['PORT', '80;81'],
    ['PORT', '+80'],
    ['HTTPS_PORT', '0'],
    ['MONGO_PORT', '65536'],
    ['BASE_URL', 'sandstorm.example.com'],
    ['BASE_URL', 'http://x/y'],
    ['BASE_URL', 'http://x:99999'],
    ['WILDCARD_HOST', '*.*.example.com'],
    ['WILDCARD_HOST', 'http://*.example.com'],
    ['WILDCARD_HOST', 'example.com'],
    ['UPDATE_CHANNEL', 'None'],
    ['ALLOW_DEV_ACCOUNTS', '1'],
    ['BIND_IP', 'fe80::1%eth0'],
    ['SERVER_USER', 'root'],
    ['SERVER_USER', '-x'],
  ];
  it.each(bad)('not %s=%s', (key, value) =>
    expect(() => requireGoodSetting(key, value)).toThrow(expect.objectContaining({ code: 'E_CONF_VALUE' })),
  );

  it('suggests the key that was meant', () =>
    expect(() => requireGoodSetting('WILDCART_HOST', '*.x')).toThrow(
      expect.objectContaining({ code: 'E_CONF_UNKNOWN_KEY', hint: 'did you mean WILDCARD_HOST?' }),
    ));
});

it.each([
  ['POST', 'PORT'],
  ['PROT', 'PORT'],
  ['MONGOPORT', 'MONGO_PORT'],
  ['base-url', 'BASE_URL'],
  ['BASE_URI', 'BASE_URL'],
  ['export PORT', 'PORT'],
  ['FOO_PORT', undefined],
  ['SPORTY', undefined],
  ['', undefined],
])('nearMiss(%j) is %s', (key, expected) => expect(nearMiss(key)).toBe(expected));

it.each([
  ['PORT', '80', '80'],
  ['STRIPE_SECRET_KEY', 'sk_live', '…'],
  ['STRIPE_PUBLIC_KEY', 'pk_live', 'pk_live'],
  ['MAIL_URL', 'smtp://me:pw@mail.lan:587/x?pass=1', 'smtp://me:…@mail.lan:587'],
  ['MAIL_URL', 'smtp://me:p@w@mail.lan', '…'],
  ['MAIL_URL', 'smtp://mail.lan:25', 'smtp://mail.lan:25'],
  ['MAIL_URL', 'smtp://me:pw', '…'],
  ['MAILURL', 'smtp://me:pw@h', 'smtp://me:…@h'],
  ['LDAP_PASSWORD', 'pw', '…'],
  ['PRIVATE_KEY_PASSWORD', '', ''],
])('redactValue(%s, %s) is %s', (key, value, expected) => expect(redactValue(key, value)).toBe(expected));

it('knows every key of the reference', () => expect(KNOWN_SETTINGS).toHaveLength(25));
