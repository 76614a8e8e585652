import { expect, it } from 'vitest';
import { daemonOf } from '../../../src/service/init-script.js';

it.each([
  [
    "install.sh's",
    '#! /bin/bash\nDESC="Sandstorm server"\nDAEMON=/opt/sandstorm/sandstorm\nexec -a "x" $DAEMON "$@"\n',
    '/opt/sandstorm/sandstorm',
  ],
  ['quoted', 'DAEMON="/opt/my box/sandstorm" # here\n', '/opt/my box/sandstorm'],
  ['single quotes expand nothing', "H=/opt\nDAEMON='$H/sandstorm'\n", undefined],
  ['variables', 'HOME_DIR=/srv\nDIR="${HOME_DIR}/ss"\nexport DAEMON=$DIR/sandstorm;\n', '/srv/ss/sandstorm'],
  ['the last one', 'DAEMON=/a/sandstorm\nDAEMON=/b/sandstorm\n', '/b/sandstorm'],
  ['a command is not run', 'DAEMON=$(cat /etc/where)/sandstorm\n', undefined],
  ['nor in an older form', 'DAEMON=`pwd`/sandstorm\n', undefined],
  ['commented out', '#DAEMON=/a/sandstorm\n', undefined],
  ['relative', 'DAEMON=sandstorm\n', undefined],
  ['another service', 'DAEMONS=/a/sandstorm\n', undefined],
  ['nothing', '', undefined],
])('%s', (_, script, expected) => expect(daemonOf(script)).toBe(expected));

it('is not blown up by doublings', () => {
  const doubling = Array.from({ length: 64 }, () => 'A=$A$A').join('\n');
  expect(daemonOf(`A=xxxxxxxx\n${doubling}\nDAEMON=/$A/sandstorm\n`)).toBe('//sandstorm');
});
