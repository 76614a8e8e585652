/** One mount of /proc/PID/mountinfo that a copy-on-write view has to have as well. */
export interface Mount {
  /** Absolute, without links, as the kernel names it. */
  readonly at: string;
  readonly type: string;
}

/** Made anew inside, or of no use there. Removable media below /run come in as single files. */
const OWN = ['/proc', '/sys', '/dev', '/run', '/var/run'];

/** Filesystems that hold no files of the machine, and those of containers and snaps: many, and not asked for. */
const NO_FILES =
  /^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|efivarfs|fuse\..*|fusectl|hugetlbfs|mqueue|nfsd|nsfs|overlay|proc|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$/;

const MOST = 64;

/** The mounts to copy, parents first, `/` left out. Pure: the text of /proc/self/mountinfo, see proc(5). */
export function mountsToCopy(mountinfo: string): readonly Mount[] {
  const found = new Map<string, Mount>();
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const at = unescape(before.split(' ')[4] ?? '');
    const type = after.split(' ')[0] ?? '';
    // What was mounted last at a place is what is seen there.
    found.delete(at);
    if (at === '/' || at === '' || OWN.some((own) => at === own || at.startsWith(`${own}/`))) continue;
    // A comma or colon would end a path among mount's options.
    if (NO_FILES.test(type) || /[,:\\\n]/.test(at)) continue;
    found.set(at, { at, type });
  }
  return [...found.values()].sort((a, b) => depth(a.at) - depth(b.at)).slice(0, MOST);
}

/** The type of the filesystem that holds a path without links. */
export function typeAt(path: string, mountinfo: string): string {
  let best = { at: '', type: 'unknown' };
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const at = unescape(before.split(' ')[4] ?? '');
    const holds = at === '/' || path === at || path.startsWith(`${at}/`);
    if (at !== '' && holds && at.length >= best.at.length) best = { at, type: after.split(' ')[0] ?? '' };
  }
  return best.type;
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

function depth(path: string): number {
  return path.split('/').length;
}
