import { describe, expect, it } from 'vitest';
import type { StatusResult } from '../../../src/operations/status.js';
import type { CheckFacts } from '../../../src/preflight/check-facts.js';
import type { ReportedCheck } from '../../../src/preflight/check.js';
import { mendsFor, namesMends, welcome } from '../../../src/wizard/offers.js';

const nothing: StatusResult = {
  home: '/opt/sandstorm',
  installed: false,
  state: 'absent',
  build: null,
  running: false,
  pid: null,
  healthy: false,
  problems: [],
  channel: null,
  baseUrl: null,
  wildcardHost: null,
  serviceManager: null,
  lastOperation: null,
  pending: null,
  wayBack: null,
  leftovers: [],
};
const server: StatusResult = {
  ...nothing,
  installed: true,
  state: 'server',
  build: 308,
  running: true,
  healthy: true,
  channel: 'none',
};
const pending = {
  operation: 'update',
  step: 'stop',
  startedAt: '2026-05-03T00:00:00Z',
  owner: null,
  ways: ['resume', 'abort'],
  next: 'run it again',
} as const;
const values = (choices: readonly { readonly value: string }[]): string[] =>
  choices.map(({ value }) => value);

describe('what is offered', () => {
  it('is an installation where there is none', () => {
    const { headline, offers } = welcome(nothing);
    expect(headline).toEqual(['Sandstorm is not installed on this machine.']);
    expect(values(offers)).toEqual(['install', 'preflight', 'directory', 'rehearse', 'quit']);
    expect(welcome({ ...nothing, state: 'empty', home: '/srv/s' }).headline).toEqual([
      'Sandstorm is not installed in /srv/s.',
    ]);
  });

  it('is an update where there is a server, and its start where it stands still', () => {
    expect(welcome(server).headline).toEqual(['Sandstorm build 308 is running and healthy.']);
    expect(values(welcome(server).offers)[0]).toBe('update');
    const still = welcome({ ...server, running: false, healthy: false });
    expect(still.headline).toEqual(['Sandstorm build 308 is not running.']);
    expect(still.offers.find(({ value }) => value === 'restart')?.name).toBe('Start the server');
  });

  it('says what should not stay as it is', () => {
    expect(welcome({ ...server, channel: 'dev', healthy: false, pending }).headline).toEqual([
      'Sandstorm build 308 is running, but not well.',
      'Automatic updates are ON; an update from here turns them off.',
      'The last update did not come to its end: run it again.',
    ]);
  });

  it('is to go on where an installation was cut off, or to take it away while it is no server yet', () => {
    const interrupted = {
      ...nothing,
      state: 'interrupted',
      pending: { ...pending, operation: 'install' },
    } as const;
    expect(values(welcome(interrupted).offers)).toEqual(['install', 'abort', 'status', 'preflight', 'quit']);
    expect(values(welcome({ ...interrupted, installed: true }).offers)).not.toContain('abort');
    expect(values(welcome({ ...nothing, state: 'interrupted' }).offers)[0]).toBe('install');
  });

  it('is to go on or back, and nothing new, where an update was cut off', () => {
    const { headline, offers } = welcome({ ...server, pending });
    expect(headline).toContain('The last update did not come to its end: run it again.');
    expect(values(offers)).toEqual(['resume', 'abort', 'status', 'restart', 'quit']);
    expect(offers[0]?.name).toBe('Go on with the interrupted update');
    const back = welcome({ ...server, pending: { ...pending, ways: ['abort'] } });
    expect(values(back.offers)).toEqual(['abort', 'status', 'restart', 'quit']);
    // The link to the build may lead nowhere, in the middle of it.
    const broken = welcome({ ...nothing, state: 'leftovers', problems: ['it holds latest'], pending });
    expect(values(broken.offers)).toEqual(['resume', 'abort', 'status', 'quit']);
    expect(broken.headline).toEqual([
      'The last update in /opt/sandstorm did not come to its end.',
      'it holds latest',
    ]);
  });

  it('is to go back where there is something to go back to', () => {
    const wayBack = {
      id: 'id',
      release: 'sandstorm-307',
      takenAt: '2026-11-22T02:13:00.000Z',
      scope: 'database',
      bytes: 1,
    } as const;
    const { offers } = welcome({ ...server, wayBack });
    expect(offers.find(({ value }) => value === 'rollback')?.name).toBe(
      'Go back to sandstorm-307, with its data of 2026-11-22 02:13 UTC',
    );
    expect(values(welcome(server).offers)).not.toContain('rollback');
  });

  it('is neither installation nor update where something is in the way or somebody at work', () => {
    for (const state of ['leftovers', 'unfit'] as const) {
      const { headline, offers } = welcome({ ...nothing, state, problems: ['the reason'] });
      expect(headline).toContain('the reason');
      expect(values(offers)).not.toContain('install');
    }
    const owner = { pid: 7, startTime: '1', bootId: 'b', operation: 'update', user: 'ada', since: '' };
    const busy = welcome({ ...server, pending: { ...pending, owner } });
    expect(busy.headline).toEqual(['ada is running update on /opt/sandstorm right now (pid 7).']);
    expect(values(busy.offers)).toEqual(['status', 'quit']);
  });
});

const failed = (id: string, facts?: object): ReportedCheck => ({
  id,
  group: 'Network',
  title: id,
  status: 'fail',
  lines: ['no'],
  waived: false,
  ...(facts === undefined ? {} : { facts: facts as CheckFacts }),
});

describe('ways to go on', () => {
  it('are other answers for what was asked', () => {
    expect(values(mendsFor([failed('dns.wildcard')], true))).toEqual(['again', 'addresses', 'waive', 'quit']);
    expect(values(mendsFor([failed('port.smtp')], true))).toEqual(['again', 'mail-port', 'quit']);
    expect(values(mendsFor([failed('port.mongo')], true))).toEqual(['again', 'mongo-port', 'quit']);
    expect(values(mendsFor([failed('port.http')], true))).toEqual(['again', 'addresses', 'quit']);
  });

  it('are not other answers on an update, where nothing was asked', () => {
    expect(values(mendsFor([failed('dns.wildcard'), failed('clock')], false))).toEqual([
      'again',
      'waive',
      'quit',
    ]);
  });

  it('are not to go on where that can only fail later', () => {
    for (const id of ['home.state', 'user.root', 'os.tools', 'port.http', 'service.other', 'conf.lint']) {
      expect(values(mendsFor([failed('clock'), failed(id)], true))).not.toContain('waive');
    }
    expect(values(mendsFor([failed('disk.space'), failed('os.userns')], true))).toContain('waive');
  });

  it('are the proxy that names lead to', () => {
    const facts = { foreign: ['10.0.0.9'] };
    const mends = namesMends([failed('dns.base', facts), failed('dns.wildcard', facts)]);
    expect(values(mends)).toEqual(['again', 'addresses', 'expect 10.0.0.9', 'waive', 'quit']);
  });
});
