import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CONTAINER_TIMEOUT,
  requireContainers,
  startContainer,
  type Container,
} from '../helpers/container.js';
import { bring, INSTALL, status, tool, trust } from '../helpers/journey.js';
import { requireReal } from '../helpers/real-parts.js';
import { PROOF_FLAGS, releaseUnderTest, type ReleaseUnderTest } from '../helpers/release-under-test.js';
import { makeRelease } from '../stand-ins/release.js';

/*
 * A scheduled update as systemd runs it: the units as they are written, in their sandbox, on a machine that systemd
 * runs, with a mail program that keeps what it is given.
 */

// Nothing unsigned is ever installed at night.
const WHAT = 'scheduled updates';
const ready = requireContainers(WHAT) && requireReal(WHAT, ['cron']) && PROOF_FLAGS.length === 0;
const UNIT = 'sandstorm-airgap-update';
const DROP = '/srv/sandstorm-drop';
const METRICS = '/var/lib/prometheus/node-exporter/sandstorm.prom';
const SCHEDULE = [
  ...['schedule', 'install', '--drop', DROP, '--window', '00:00-24:00', '--takes', '1', '--settle', '1'],
  ...['--stable-for', '2', '--mail', 'it@corp.lan', '--metrics', METRICS],
];
/** A name that cron and a shell must not take for anything else. */
const CRON_METRICS = "/srv/cron's 100%.prom";

let folder = '';
let parts: ReleaseUnderTest;
let box: Container;

beforeAll(async () => {
  if (!ready) return;
  folder = await mkdtemp(join(tmpdir(), 'schedule-'));
  parts = await releaseUnderTest(folder);
  box = await startContainer({ init: 'systemd' });
  await box.put(parts.installScript, '/media/usb/install.sh');
  await bring(box, parts.tarball, '/media/usb/sandstorm-308.tar.xz');
  await trust(box, parts.signingKey);
  await box.startDns({ 'sandstorm.test': '127.0.0.1', '*.sandstorm.test': '127.0.0.1' });
  // As postfix does: a spool of its own, and those it is for from the headers.
  await box.write(
    '/usr/sbin/sendmail',
    '#!/bin/sh\n[ "$*" = "-t -oi" ] || exit 64\nmkdir -p /var/spool/mails\nexec cat > "/var/spool/mails/$(date +%s%N)"\n',
  );
  await box.sh(`chmod 755 /usr/sbin/sendmail; mkdir -p ${DROP}`);
  const installed = await tool(box, INSTALL);
  expect(installed, JSON.stringify(installed.error)).toMatchObject({ exitCode: 0 });
  await startCron();
}, CONTAINER_TIMEOUT);
afterAll(async () => {
  if (!ready) return;
  await box.stop();
  await rm(folder, { recursive: true, force: true });
});

/**
 * Debian's cron with the crontab that is printed, but of every minute. Its minute passes while other tests run.
 */
async function startCron(): Promise<void> {
  const asked = SCHEDULE.map((word) => (word === METRICS ? CRON_METRICS : word));
  const printed = await box.run(['sandstorm-airgap', ...asked, '--by', 'cron', '--print']);
  expect(printed.stdout).toContain('# /etc/cron.d/');
  await box.write('/etc/cron.d/as-printed', printed.stdout.replaceAll(/^0,15,30,45 /gm, '* '));
  for (const path of ['/usr/sbin/cron', '/etc/pam.d/cron']) await box.put(path, path);
  await box.sh(
    'mkdir -p /var/spool/cron/crontabs && chmod 644 /etc/cron.d/as-printed && systemd-run --quiet --unit=cron cron -f -L 5',
  );
}

/** Starts the service as the timer does, and waits for its end. */
async function fire(): Promise<{
  readonly result: string;
  readonly exitCode: string;
  readonly journal: string;
}> {
  const cursor = await box.sh('journalctl -n 0 --show-cursor | sed -n "s/^-- cursor: //p"');
  await box.run(['systemctl', 'start', UNIT], { timeoutMs: 120_000 });
  const shown = await box.sh(`systemctl show ${UNIT} -P Result -P ExecMainStatus`);
  const [result = '', exitCode = ''] = shown.split('\n');
  // The journal takes a moment.
  await box.sh('journalctl --sync');
  const lines = await box.sh(`journalctl -u ${UNIT} --after-cursor='${cursor}' -o json`);
  const journal = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly PRIORITY: string; readonly MESSAGE: string })
    .map(({ PRIORITY, MESSAGE }) => `${PRIORITY} ${MESSAGE}`)
    .join('\n');
  return { result, exitCode, journal };
}

const mails = async (): Promise<string[]> => {
  const text = await box.sh(
    'cd /var/spool/mails 2> /dev/null && for f in *; do cat $f; echo =====; done || true',
  );
  return text.split('=====').filter((mail) => mail.trim() !== '');
};

describe.skipIf(!ready)('a schedule under systemd', { timeout: 180_000 }, () => {
  it('is not made for a folder that is not there, nor for one the service cannot see', async () => {
    const gone = SCHEDULE.map((word) => (word === DROP ? '/srv/nowhere' : word));
    expect(await tool(box, [...gone, '--json'])).toMatchObject({
      exitCode: 3,
      error: { code: 'E_SCHEDULE_PLACE' },
    });
    const hidden = SCHEDULE.map((word) => (word === DROP ? '/tmp' : word));
    expect(await tool(box, [...hidden, '--json'])).toMatchObject({
      exitCode: 3,
      error: { code: 'E_SCHEDULE_PLACE' },
    });
    expect(await box.sh(`ls /etc/systemd/system/${UNIT}.* 2> /dev/null || true`)).toBe('');
  });

  it('is printed without being made', async () => {
    const printed = await box.sh(
      ['sandstorm-airgap', ...SCHEDULE, '--print'].map((word) => `'${word}'`).join(' '),
    );
    expect(printed).toContain(`# /etc/systemd/system/${UNIT}.timer`);
    expect(printed).toContain('OnCalendar=*-*-* 00..23:00,15,30,45:00');
    const cron = await box.sh(
      ['sandstorm-airgap', ...SCHEDULE, '--print', '--json'].map((word) => `'${word}'`).join(' '),
    );
    expect(JSON.parse(cron)).toMatchObject({ ok: true, changed: false, result: { starter: 'systemd' } });
    expect(await box.sh(`ls /etc/systemd/system/${UNIT}.* 2> /dev/null || true`)).toBe('');
  });

  it('is made once, enabled, and found good by systemd', async () => {
    expect(await tool(box, [...SCHEDULE, '--json'])).toMatchObject({ exitCode: 0, changed: true });
    expect(await tool(box, [...SCHEDULE, '--json'])).toMatchObject({ exitCode: 0, changed: false });
    expect(await box.sh(`systemctl is-enabled ${UNIT}.timer; systemctl is-active ${UNIT}.timer`)).toBe(
      'enabled\nactive',
    );
    const units = `/etc/systemd/system/${UNIT}.service /etc/systemd/system/${UNIT}.timer`;
    expect(await box.sh(`systemd-analyze verify ${units} 2>&1`)).toBe('');
    // 4.9 is where systemd begins to call it medium.
    const security = await box.run([
      'systemd-analyze',
      'security',
      '--threshold=45',
      '--no-pager',
      `${UNIT}.service`,
    ]);
    expect(security.exitCode, security.stdout).toBe(0);
    expect(await tool(box, ['schedule', 'show', '--json'])).toMatchObject({
      result: { starter: 'systemd', drop: DROP, window: '00:00-24:00', hold: null, attempts: [] },
    });
  });

  it('is kept by cron, with the line that is printed', async () => {
    // Its own file first, so that it does not begin anew; then what it has begun comes to its end.
    const said = `until test -e "${CRON_METRICS}"; do sleep 0.2; done; rm /etc/cron.d/as-printed; while pgrep -f '[s]chedule run'; do sleep 0.2; done`;
    await box.sh(said, { timeoutMs: 90_000 });
    await box.sh('systemctl stop cron; journalctl --sync');
    expect(await box.sh('journalctl -u cron -o cat')).toMatch(/^\(root\) CMD \(.* schedule run .*\)$/m);
    expect(await box.sh('journalctl -t sandstorm-airgap -p info -o cat')).toContain(
      `nothing-new: no build above 308 in ${DROP}`,
    );
    expect(await box.sh(`grep -c 'outcome="nothing-new"} 1' "${CRON_METRICS}"`)).toBe('1');
  });

  it('says in the journal that there is nothing new, and writes its figures', async () => {
    const fired = await fire();
    expect(fired).toMatchObject({ result: 'success', exitCode: '0' });
    expect(fired.journal).toContain(`6 nothing-new: no build above 308 in ${DROP}`);
    expect(await box.sh(`grep -c 'outcome="nothing-new"} 1' ${METRICS}; stat -c %a ${METRICS}`)).toBe(
      '1\n644',
    );
    expect(await mails()).toEqual([]);
  });

  it('does nothing while somebody has stopped it', async () => {
    await bring(box, parts.newerTarball, `${DROP}/sandstorm-309.tar.xz`);
    await tool(box, ['schedule', 'hold', '--reason', 'auditors', '--json']);
    expect((await fire()).journal).toContain('6 held: root has stopped it');
    await tool(box, ['schedule', 'hold', '--off', '--json']);
    await box.sh(`touch ${DROP}/HOLD`);
    expect((await fire()).journal).toContain(`held: uid 0 has stopped it`);
    await box.sh(`rm ${DROP}/HOLD`);
    expect(await status(box)).toMatchObject({ build: 308 });
  });

  it('updates the server from within its sandbox, and tells it', async () => {
    const fired = await fire();
    expect(fired, fired.journal).toMatchObject({ result: 'success', exitCode: '0' });
    expect(fired.journal).toMatch(/^5 updated: build 308 -> 309: updated, and healthy; pause [\d.]+ s$/m);
    expect(await status(box)).toMatchObject({
      build: 309,
      running: true,
      healthy: true,
      serviceManager: 'systemd',
      pending: null,
    });
    // In the server's own unit, and not in that of the update.
    expect(await box.sh('systemctl is-active sandstorm')).toBe('active');
    const [mail, ...more] = await mails();
    expect(more).toEqual([]);
    expect(mail).toMatch(/^To: it@corp\.lan\nSubject: Sandstorm http:\/\/sandstorm\.test:6080: updated\n/);
    expect(await box.sh(`grep -h -e 'outcome="updated"' -e installed_build{ ${METRICS}`)).toMatch(
      / 1\n.* 309$/,
    );
    expect((await fire()).journal).toContain('nothing-new');
  });

  it('does not install again what somebody has taken back', async () => {
    expect(await tool(box, ['rollback', '--yes', '--json', '--stable-for', '2'])).toMatchObject({
      exitCode: 0,
    });
    const fired = await fire();
    expect(fired).toMatchObject({ result: 'success', exitCode: '0' });
    expect(fired.journal).toContain('4 tried-before: build 309 was installed on');
    expect(await status(box)).toMatchObject({ build: 308 });
    expect(await mails()).toHaveLength(1);
  });

  it('goes back when the new build is no good, says so once, and never tries it again', async () => {
    const broken = await makeRelease({
      build: 310,
      dir: folder,
      sign: parts.signingKey,
      behaviour: { dies: 'at-start' },
    });
    await bring(box, broken, `${DROP}/sandstorm-310.tar.xz`);
    const fired = await fire();
    expect(fired, fired.journal).toMatchObject({ result: 'exit-code', exitCode: '6' });
    expect(fired.journal).toMatch(/^3 failed: .*\(E_UPDATE_UNDONE\)$/m);
    expect(await status(box)).toMatchObject({ build: 308, healthy: true, pending: null });
    expect(await mails()).toHaveLength(2);
    expect((await mails())[1]).toContain('the update FAILED');

    const again = await fire();
    expect(again).toMatchObject({ result: 'success', exitCode: '0' });
    expect(again.journal).toContain('4 tried-before: the update to build 310 of');
    expect(await mails()).toHaveLength(2);
    expect(await box.sh(`grep failed_tarballs{ ${METRICS}`)).toMatch(/ 1$/);
    expect(await tool(box, ['schedule', 'retry', '--json'])).toMatchObject({ changed: true });
  });

  it("lets Sandstorm's own migration of the database make its chroot", async () => {
    // What `sandstorm migrate-mongo` does before it starts a database (stand-ins have none to start).
    await box.write(
      '/srv/chroot.sh',
      [
        'set -eu; cd /opt/sandstorm/latest',
        'mount --make-rprivate /; mount --bind . .; cd /opt/sandstorm/latest',
        'mount -t tmpfs -o uid=0,gid=0 sandstorm-tmp usr/share/empty',
        'mkdir usr/share/empty/proc usr/share/empty/dev; touch usr/share/empty/dev/null',
        'mount -t proc proc usr/share/empty/proc; mount --bind /dev/null usr/share/empty/dev/null',
        'mount --bind ../var usr/share/empty; chroot . /none 2> /dev/null || test $? = 127',
        'setpriv --reuid sandstorm --regid sandstorm --clear-groups touch ../var/mongo/probe; rm ../var/mongo/probe',
      ].join('\n'),
    );
    const unit = await box.sh(`cat /etc/systemd/system/${UNIT}.service`);
    const probe = unit.replace(/^ExecStart=.*/m, 'ExecStart=unshare --mount --pid --fork sh /srv/chroot.sh');
    await box.write('/run/systemd/system/probe.service', probe);
    const ran = await box.run([
      'sh',
      '-c',
      'systemctl daemon-reload; systemctl start probe || journalctl -u probe',
    ]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: '' });
    // And the sandbox is one.
    await box.write(
      '/run/systemd/system/probe.service',
      unit.replace(/^ExecStart=.*/m, 'ExecStart=touch /etc/probe'),
    );
    await box.sh('systemctl daemon-reload; ! systemctl start probe; test ! -e /etc/probe');
  });

  it('is taken away whole', async () => {
    expect(await tool(box, ['schedule', 'remove', '--json'])).toMatchObject({ exitCode: 0, changed: true });
    expect(await tool(box, ['schedule', 'remove', '--json'])).toMatchObject({ exitCode: 0, changed: false });
    expect(await box.sh(`find /etc/systemd /etc/cron.d -name '*airgap*' 2> /dev/null || true`)).toBe('');
    expect((await box.run(['systemctl', 'is-active', `${UNIT}.timer`])).stdout.trim()).toBe('inactive');
  });

  it('is in a support bundle, with what systemd has in its journal but no secret', async () => {
    await box.sh(`systemd-run --quiet --wait --unit=${UNIT} echo 'opened /setup/token/00112233445566778899'`);
    await box.sh('journalctl --sync');
    expect(await tool(box, ['support-bundle', '/root/bundle.tar.gz', '--json'])).toMatchObject({
      exitCode: 0,
    });
    const inside = (name: string): Promise<string> =>
      box.sh(`tar -xzOf /root/bundle.tar.gz sandstorm-support/${name}`);
    expect(await inside('service/updates.log')).toContain('opened /setup/token/[redacted link]');
    expect(await inside('service/unit.txt')).toMatch(/^ExecStart=\/opt\/sandstorm\/sandstorm start$/m);
    expect(JSON.parse(await inside('service/manager.json'))).toMatchObject({
      manager: 'systemd unit sandstorm.service',
    });
    expect(JSON.parse(await inside('MANIFEST.json'))).toMatchObject({ missing: [] });
  });
});
