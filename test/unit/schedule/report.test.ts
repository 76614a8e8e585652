import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { letterText } from '../../../src/schedule/mail.js';
import { metricsText } from '../../../src/schedule/metrics.js';
import { isNews, newsKey, priority, VISIT_ENDS, visitLine, type Visit } from '../../../src/schedule/visit.js';
import { requireReal } from '../../helpers/real-parts.js';

const visit = (more: Partial<Visit> = {}): Visit => ({
  outcome: 'updated',
  message: 'build 308 -> 309: updated, and healthy; pause 4.1 s',
  home: '/opt/sandstorm',
  at: '2026-11-22T01:05:00.000Z',
  build: 309,
  tarball: { path: '/srv/drop/sandstorm-309.tar.xz', build: 309, sha256: 'a'.repeat(64) },
  from: 308,
  pauseMs: 4100,
  code: null,
  hint: null,
  remarks: [],
  run: null,
  ...more,
});

describe('the line in the journal', () => {
  it('is one line without control characters, whatever a file name holds', () => {
    const line = visitLine(visit({ message: 'evil\n<0>kernel: panic\u001b[2J\u2028\u202e x' }));
    expect(line).toBe('updated: evil <0>kernel: panic?[2J ? x');
    expect(visitLine(visit({ message: 'x'.repeat(5000) })).length).toBeLessThan(1000);
  });

  it.each([
    ['updated', null, 5],
    ['nothing-new', null, 6],
    ['held', null, 6],
    ['tried-before', null, 4],
    ['not-ready', 'E_PREFLIGHT_FAILED', 4],
    ['failed', 'E_UPDATE_UNDONE', 3],
    ['failed', 'E_UPDATE_FAILED', 2],
  ] as const)('has for %s (%s) the priority %i', (outcome, code, expected) => {
    expect(priority({ outcome, code })).toBe(expected);
  });

  it('is news only when something was done or somebody must act', () => {
    expect(VISIT_ENDS.filter((outcome) => isNews(visit({ outcome })))).toEqual([
      'updated',
      'not-ready',
      'failed',
    ]);
  });

  it('is other news in another night, of another tarball, or for another reason', () => {
    const night = new Date('2026-11-22T01:00:00Z');
    const base = visit({ outcome: 'not-ready', code: 'E_PREFLIGHT_FAILED' });
    const keys = [
      newsKey(base, night),
      newsKey(base, new Date('2026-11-23T01:00:00Z')),
      newsKey({ ...base, code: 'E_PENDING' }, night),
      newsKey({ ...base, tarball: null }, night),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(newsKey({ ...base, at: '2026-11-22T01:15:00.000Z', message: 'other words' }, night)).toBe(keys[0]);
  });
});

describe('the mail', () => {
  const letter = (more: Partial<Visit> = {}): { head: string; body: string } => {
    const text = letterText({
      to: ['it@corp.lan', 'root'],
      server: 'http://sandstorm.corp.lan:6080',
      visit: visit(more),
    });
    const [head = '', body = ''] = text.split('\n\n');
    return { head, body: Buffer.from(body, 'base64').toString('utf8') };
  };

  it('says it in its subject, and is not answered by machines', () => {
    expect(letter().head.split('\n')).toEqual([
      'To: it@corp.lan, root',
      'Subject: Sandstorm http://sandstorm.corp.lan:6080: updated',
      'Auto-Submitted: auto-generated',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
    ]);
    expect(letter({ outcome: 'failed', code: 'E_UPDATE_UNDONE' }).head).toContain('the update FAILED');
  });

  it('tells what was, with which tarball, and what to do', () => {
    const { body } = letter({
      outcome: 'failed',
      code: 'E_UPDATE_UNDONE',
      hint: 'mend it',
      remarks: ['disk.space: warn: little'],
    });
    expect(body).toContain('(E_UPDATE_UNDONE)');
    expect(body).toContain(`SHA-256  ${'a'.repeat(64)}`);
    expect(body).toContain('- disk.space: warn: little');
    expect(body).toContain('Next: mend it');
    expect(body).toContain('sandstorm-airgap schedule retry');
    expect(letter().body).not.toContain('schedule retry');
  });

  it('gets no header from what a server is called, and no line beyond 78 characters', () => {
    const text = letterText({
      to: ['root'],
      server: `http://ä\r\nBcc: evil@example.com\n\nx${'ö'.repeat(200)}`,
      visit: visit(),
    });
    const head = text.split('\n\n')[0] ?? '';
    expect(head).not.toMatch(/^Bcc/m);
    expect(
      head.split('\n').filter((line) => !/^[A-Z][\w-]+: | =\?UTF-8\?B\?[\w+/=]+\?=$/.test(line)),
    ).toEqual([]);
    expect(text.split('\n').filter((line) => line.length > 78)).toEqual([]);
  });
});

describe('the figures for Prometheus', () => {
  const text = metricsText({
    visit: visit({ home: '/srv/"odd\\\n' }),
    lastUpdate: 1_795_222_222,
    failed: 2,
    held: true,
  });

  it('say how it went, as one of all outcomes', () => {
    expect(text).toContain(
      'sandstorm_airgap_schedule_outcome{home="/srv/\\"odd\\\\\\n",outcome="updated"} 1\n',
    );
    expect(text.match(/schedule_outcome\{.*\} 0$/gm)).toHaveLength(VISIT_ENDS.length - 2);
    expect(text).toContain('schedule_run_timestamp_seconds{home="/srv/\\"odd\\\\\\n"} 1795309500\n');
    expect(text).toMatch(/schedule_failed_tarballs\{.*\} 2\n/);
    expect(text).toMatch(/schedule_held\{.*\} 1\n/);
  });

  it('leave out what nobody knows', () => {
    const bare = metricsText({
      visit: visit({ build: null }),
      lastUpdate: undefined,
      failed: 0,
      held: false,
    });
    expect(bare).not.toContain('installed_build');
    expect(bare).not.toContain('update_timestamp');
  });

  it.skipIf(!requireReal('the linter of Prometheus', ['promtool']))('please the linter of Prometheus', () => {
    // It prints what it does not like, and then exits with 3.
    expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
  });
});
