import { describe, expect, it } from 'vitest';
import { accessLine } from '../../../../src/app-index/serve/access-log.js';
import { wantedRange } from '../../../../src/app-index/serve/range.js';
import { sitePath } from '../../../../src/app-index/serve/target.js';

describe('a range', () => {
  it.each([
    ['bytes=0-0', { from: 0, to: 0 }],
    ['bytes=5-', { from: 5, to: 99 }],
    ['bytes=-1', { from: 99, to: 99 }],
    ['bytes=-100', { from: 0, to: 99 }],
    ['bytes=-1000', { from: 0, to: 99 }],
    ['bytes=90-1000', { from: 90, to: 99 }],
    ['bytes=100-', 'none'],
    ['bytes=-0', 'none'],
    ['bytes=5-4', 'whole'],
    ['bytes=0-1,5-6', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=1e1-', 'whole'],
    ['lines=1-2', 'whole'],
    ['bytes=99999999999999999999-', 'whole'],
    [undefined, 'whole'],
  ])('%s of 100 bytes', (header, wanted) => {
    expect(wantedRange(header, 100)).toEqual(wanted);
  });

  it('of an empty file', () => {
    expect(wantedRange('bytes=-5', 0)).toBe('none');
    expect(wantedRange('bytes=0-', 0)).toBe('none');
  });
});

describe('a target', () => {
  it.each([
    ['/', 'index.html'],
    ['/?theme=x', 'index.html'],
    ['/apps/index.json?x=/../y', 'apps/index.json'],
    ['/apps/%69ndex.json', 'apps/index.json'],
  ])('%s names %s', (target, path) => {
    expect(sitePath(target)).toBe(path);
  });

  it.each([
    '',
    'apps/index.json',
    'http://other/apps/index.json',
    '/..',
    '/%2e%2e/x',
    '/apps/..%2f..%2fx',
    '/.git/config',
    '/apps//index.json',
    '/apps/',
    '/apps\\..\\x',
    '/a%00b',
    '/a%0ab',
    '/%',
    '/%ff',
    `/${'x'.repeat(256)}`,
    `/${'x/'.repeat(9)}x`,
  ])('%s names nothing', (target) => {
    expect(sitePath(target)).toBeUndefined();
  });
});

it('a line of the access log, whatever was asked for', () => {
  const served = { remote: '10.0.0.1', method: 'GET', httpVersion: '1.1', status: 200, bytes: 12 };
  const at = new Date('2026-11-05T07:08:09.123Z');
  expect(accessLine({ ...served, target: '/apps/index.json' }, at)).toBe(
    '10.0.0.1 - - [05/Nov/2026:07:08:09 +0000] "GET /apps/index.json HTTP/1.1" 200 12',
  );
  expect(accessLine({ ...served, target: '/"\\\n\u001b[2Jé', bytes: 0 }, at)).toBe(
    '10.0.0.1 - - [05/Nov/2026:07:08:09 +0000] "GET /\\x22\\x5c\\x0a\\x1b[2J\\xc3\\xa9 HTTP/1.1" 200 -',
  );
});
