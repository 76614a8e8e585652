import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A disk that is attached: an image file, mounted where only its holder and what it shows it to can see it. */
export interface Disk {
  /** Process whose mount namespace has it. */
  readonly holder: number;
  /** Where it is mounted there. */
  readonly mount: string;
  /** The same as this process can reach it. */
  readonly path: string;
  /**
   * From now on nothing more reaches the disk, and what was not synced never will; every access fails with
   * EIO. What is left after a power cut is seen when it is attached again.
   */
  cutPower(): Promise<void>;
  /** Nothing works any more: EIO, as from a disk that has died. The journal of its filesystem still got there. */
  fail(): Promise<void>;
  /** The kernel finds it damaged and takes no more writes: EROFS. */
  makeReadOnly(): Promise<void>;
  /** Leaves not a byte free. */
  fill(): Promise<void>;
  makeRoom(): Promise<void>;
  /** Whatever uses it must have ended. */
  detach(): Promise<void>;
}

/**
 * A power cut must find as much unsynced as there can be: nothing is written back by the clock within an
 * hour, and a rename over an old file does not write the new one out by itself, as ext4 would kindly do.
 */
const OPTIONS = 'loop,commit=3600,noauto_da_alloc,errors=remount-ro';

/** Stays until its input ends: also when the test dies, so that no loop device is left behind. */
const HOLDER = `
mount -t ext4 -o ${OPTIONS} "$1" "$2" || exit 1
device=$(findmnt -no SOURCE "$2")
echo "$device"
cat > /dev/null
for i in $(seq 200); do umount "$2" 2> /dev/null && break; sleep 0.02; done
backing="/sys/block/\${device#/dev/}/loop/backing_file"
for i in $(seq 500); do grep -qsxF "$1" "$backing" || exit 0; sleep 0.02; done
echo "$device is still in use" >&2
exit 1
`;

/** Checks it as a boot does, then mounts it. `image` is its real path. */
export async function attachDisk(image: string): Promise<Disk> {
  // Exit code 1: mended.
  await run('e2fsck', ['-p', image]).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 1) throw error;
  });
  const mount = `${image}.mount`;
  await mkdir(mount, { recursive: true });
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', HOLDER, 'sh', image, mount];
  const holder = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let complaints = '';
  holder.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const ended = once(holder, 'exit') as Promise<[number | null]>;
  const device = await Promise.race([
    once(createInterface({ input: holder.stdout }), 'line').then(([line]) => basename(String(line))),
    ended.then(() => Promise.reject(new Error(`${image} cannot be mounted: ${complaints}`))),
  ]);
  const path = `/proc/${String(holder.pid)}/root${mount}`;

  return {
    holder: holder.pid ?? 0,
    mount,
    path,
    cutPower: () => shutDown(path, WITHOUT_THE_LOG),
    fail: () => shutDown(path, WITH_THE_LOG),
    makeReadOnly: () => writeFile(`/sys/fs/ext4/${device}/trigger_fs_error`, 'a test'),
    fill: () => fill(path),
    makeRoom: () => rm(join(path, BALLOON), { force: true }),
    async detach() {
      holder.stdin.end();
      const [code] = await ended;
      if (code !== 0) throw new Error(`${image} cannot be detached: ${complaints}`);
      await rm(mount, { recursive: true, force: true });
    },
  };
}

const WITH_THE_LOG = 1;
const WITHOUT_THE_LOG = 2;

/** FS_IOC_SHUTDOWN (linux/fs.h), which filesystem developers cut the power with. */
async function shutDown(path: string, how: number): Promise<void> {
  const script =
    'open(my $root, "<", $ARGV[0]) or die "$!\\n"; my $how = pack("I", $ARGV[1]); ioctl($root, 0x8004587d, $how) or die "$!\\n"';
  await run('perl', ['-e', script, path, String(how)]);
}

const BALLOON = 'balloon';

async function fill(path: string): Promise<void> {
  const balloon = join(path, BALLOON);
  for (;;) {
    const { bavail, bsize } = await statfs(path);
    if (bavail === 0) return;
    // What the filesystem needs for itself is not known beforehand: ever smaller pieces.
    for (let bytes = bavail * bsize; bytes >= bsize; bytes = Math.floor(bytes / 2)) {
      const size = await sizeOf(balloon);
      const fits = await run('fallocate', ['-o', String(size), '-l', String(bytes), balloon]).then(
        () => true,
        () => false,
      );
      if (fits) break;
      if (bytes / 2 < bsize) return;
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** A copy of an image that nothing writes to; holes stay holes. */
export async function copyImage(from: string, to: string): Promise<void> {
  await run('cp', ['--sparse=always', '--reflink=auto', from, to]);
}

/** An image with that folder's content. */
export async function makeImage(path: string, folder: string, megabytes: number): Promise<void> {
  await run('truncate', ['-s', `${String(megabytes)}M`, path]);
  // No space kept back for root: a full disk shall be full for us too.
  await run('mkfs.ext4', ['-q', '-m', '0', '-d', folder, path]);
}
