import { fail, pass, type Check, type Subject } from '../check.js';

interface Tool {
  readonly name: string;
  readonly debian: string;
  readonly rhel: string;
}

const UPDATE: readonly Tool[] = [
  { name: 'tar', debian: 'tar', rhel: 'tar' },
  { name: 'xz', debian: 'xz-utils', rhel: 'xz' },
  { name: 'bash', debian: 'bash', rhel: 'bash' },
  { name: 'id', debian: 'coreutils', rhel: 'coreutils' },
];

const INSTALL: readonly Tool[] = [
  ...UPDATE,
  { name: 'script', debian: 'bsdutils', rhel: 'util-linux' },
  { name: 'openssl', debian: 'openssl', rhel: 'openssl' },
  // install.sh looks for all the others with it: without it, it calls each of them missing.
  { name: 'which', debian: 'debianutils', rhel: 'which' },
];

const USERADD: Tool = { name: 'useradd', debian: 'passwd', rhel: 'shadow-utils' };

/** Their names, for a list to take along. */
export const INSTALL_PROGRAMS: readonly string[] = [...INSTALL, USERADD].map(({ name }) => name);

/** The programs that install.sh, `sandstorm update` and this tool call. */
export const osTools: Check = {
  id: 'os.tools',
  group: 'Machine',
  title: 'Programs',
  phases: ['install', 'update'],

  async run({ host, subject }) {
    const needed = toolsFor(subject);
    const found = await Promise.all(needed.map(({ name }) => host.commands.which(name)));
    const missing = needed.filter((_, index) => found[index] === undefined);
    const facts = { missing: missing.map(({ name }) => name) };
    if (missing.length === 0) return pass(needed.map(({ name }) => name).join(' '), { facts });

    return fail(`not on this machine: ${facts.missing.join(', ')}`, { fix: howToGet(missing), facts });
  },
};

function toolsFor({ phase, unprivileged }: Subject): readonly Tool[] {
  if (phase === 'update') return UPDATE;
  return unprivileged ? INSTALL : [...INSTALL, USERADD];
}

function howToGet(missing: readonly Tool[]): string[] {
  const packages = (of: 'debian' | 'rhel'): string => [...new Set(missing.map((tool) => tool[of]))].join(' ');
  return [
    `Debian, Ubuntu:  apt-get install ${packages('debian')}`,
    `RHEL, Fedora:    dnf install ${packages('rhel')}`,
    ...(missing.some(({ name }) => name === 'script')
      ? ['where util-linux is there and script is not:  dnf install util-linux-script']
      : []),
  ];
}
