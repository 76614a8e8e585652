import { describe, expect, it } from 'vitest';
import { planRoom, ROOM, type RoomStep, type RoomWish } from '../../../src/rehearsal/room-plan.js';

const wish: RoomWish = {
  work: '/var/tmp/work',
  inMemory: false,
  root: { at: '/', type: 'ext4', mode: 0o40755, uid: 0, gid: 0 },
  mounts: [
    { at: '/home', type: 'xfs', kind: 'directory', mode: 0o40750, uid: 0, gid: 4 },
    { at: '/etc/hosts', type: 'ext4', kind: 'file', mode: 0o100644, uid: 0, gid: 0 },
  ],
  files: [{ from: '/media/usb/install.sh', as: '0/install.sh' }],
  tool: [],
  hideHome: undefined,
  hideFiles: [],
  address: '192.0.2.10',
  loopback: 'ip',
};

const commands = (steps: readonly RoomStep[]): string[] =>
  steps.map((step) => (step.do === 'run' ? step.argv.join(' ') : step.do));
const plan = (more: Partial<RoomWish> = {}): string[] => commands(planRoom({ ...wish, ...more }));

describe('planRoom', () => {
  it('writes to layers of its own only', () => {
    const mounts = plan().filter((line) => line.includes('-t overlay'));
    expect(mounts).toEqual([
      'mount -n -t overlay sandstorm-rehearsal -o lowerdir=/,upperdir=/var/tmp/work/layers/0/upper,workdir=/var/tmp/work/layers/0/work /var/tmp/work/root',
      'mount -n -t overlay sandstorm-rehearsal -o lowerdir=/home,upperdir=/var/tmp/work/layers/1/upper,workdir=/var/tmp/work/layers/1/work /var/tmp/work/root/home',
    ]);
  });

  it('shows what cannot be a lower layer read-only, never writable', () => {
    const readOnly = planRoom(wish).flatMap((step) =>
      step.do === 'run' && step.otherwise !== undefined ? [step.otherwise.join(' ')] : [],
    );
    expect(readOnly).toEqual(['mount -n --bind -o ro /home /var/tmp/work/root/home']);
    expect(plan()).toContain('mount -n --bind -o ro /etc/hosts /var/tmp/work/root/etc/hosts');
    expect(plan()).toContain(
      `mount -n --bind -o ro ${ROOM.host}/media/usb/install.sh ${ROOM.files}/0/install.sh`,
    );
  });

  it('keeps owner and mode of the folders it covers', () => {
    expect(plan()).toContain('chown 0:4 /var/tmp/work/layers/1/upper');
    expect(plan()).toContain('chmod 750 /var/tmp/work/layers/1/upper');
  });

  it('removes and writes nothing by a path that may have links before the root is turned', () => {
    const steps = plan({ hideHome: '/opt/sandstorm', hideFiles: ['/usr/local/bin/sandstorm'] });
    const turned = steps.findIndex((line) => line.startsWith('pivot_root'));
    expect(turned).toBeGreaterThan(0);
    for (const line of steps.slice(0, turned)) expect(line).not.toMatch(/^(rm|write)/);
    expect(steps.indexOf('rm -rf /usr/local/bin/sandstorm')).toBeGreaterThan(turned);
    expect(
      steps.indexOf(`mount -n --bind ${ROOM.host}/var/tmp/work/layers/empty /opt/sandstorm`),
    ).toBeGreaterThan(turned);
  });

  it('lets go of the real machine last', () => {
    expect(plan().at(-1)).toBe(`umount -n -l ${ROOM.host}`);
  });

  it('gives the view the address that its names have', () => {
    expect(plan()).toContain('ip addr add 192.0.2.10/32 dev lo');
    expect(plan({ address: '2001:db8::1' })).toContain('ip addr add 2001:db8::1/128 dev lo');
    expect(plan({ address: '127.0.0.1' }).filter((line) => line.includes('addr add'))).toEqual([]);
  });
});
