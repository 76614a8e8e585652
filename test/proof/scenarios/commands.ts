/** As few seconds as the tool lets us watch: what is proven here is what a fault leaves. */
const QUICKLY = ['--yes', '--json', '--stable-for', '0', '--start-timeout', '10'];

export const INSTALL_ARGS = [
  'install',
  '/media/usb/sandstorm-308.tar.xz',
  '--base-url',
  'http://sandstorm.test:6080',
  '--wildcard-host',
  '*.sandstorm.test:6080',
  '--allow-unsigned',
  ...QUICKLY,
];

export const UPDATE_ARGS = ['update', '/media/usb/sandstorm-309.tar.xz', '--allow-unsigned', ...QUICKLY];
export const ROLLBACK_ARGS = ['rollback', ...QUICKLY];
export const RESUME_ARGS = ['resume', ...QUICKLY];
export const ABORT_ARGS = ['abort', ...QUICKLY];
