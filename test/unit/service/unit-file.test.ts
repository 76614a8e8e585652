import { describe, expect, it } from 'vitest';
import { cgroupIsIn, execStarts, parseShow } from '../../../src/service/unit-file.js';

describe('execStarts', () => {
  const table: [name: string, texts: string[], expected: string[][]][] = [
    [
      "install.sh's",
      ['[Service]\nType=forking\nExecStart=/opt/sandstorm/sandstorm start\n'],
      [['/opt/sandstorm/sandstorm', 'start']],
    ],
    [
      'blanks, prefixes, quotes',
      ['[Service]\n ExecStart = -@/opt/s/sandstorm "sandstorm d" \'start\'\n'],
      [['/opt/s/sandstorm', 'sandstorm d', 'start']],
    ],
    [
      'a joined line with a comment between',
      ['[Service]\nExecStart=/a/sandstorm \\\n# not this\n; nor this\n  start\n'],
      [['/a/sandstorm', 'start']],
    ],
    ['comments', ['[Service]\n#ExecStart=/a start\n;ExecStart=/b start\n'], []],
    ['another section', ['[Unit]\nExecStart=/a start\n'], []],
    ['other keys', ['[Service]\nExecStartPre=/a start\nExecStop=/a stop\n'], []],
    ['several', ['[Service]\nType=oneshot\nExecStart=/a\nExecStart=/b\n'], [['/a'], ['/b']]],
    [
      'a drop-in that replaces',
      ['[Service]\nExecStart=/a start\n', '[Service]\nExecStart=\nExecStart=/b start\n'],
      [['/b', 'start']],
    ],
    [
      'a drop-in that adds something else',
      ['[Service]\nExecStart=/a start\n', '[Service]\nNice=5\n'],
      [['/a', 'start']],
    ],
    ['CRLF', ['[Service]\r\nExecStart=/a start\r\n'], [['/a', 'start']]],
    ['a backslash at the very end', ['[Service]\nExecStart=/a start \\'], [['/a', 'start']]],
    ['a quote that never closes', ['[Service]\nExecStart=/a "start\n'], [['/a', 'start']]],
    ['no text at all', [''], []],
  ];
  it.each(table)('%s', (_, texts, expected) => expect(execStarts(texts)).toEqual(expected));
});

it('parseShow keeps what follows the first equals sign', () =>
  expect([...parseShow('Id=a.service\nExecStart={ path=/a ; }\n\nMainPID=0\n')]).toEqual([
    ['Id', 'a.service'],
    ['ExecStart', '{ path=/a ; }'],
    ['MainPID', '0'],
  ]));

it.each([
  ['0::/system.slice/sandstorm.service\n', true],
  ['0::/system.slice/sandstorm.service/grain\n', true],
  ['12:pids:/x\n1:name=systemd:/system.slice/sandstorm.service\n', true],
  ['12:pids:/system.slice/sandstorm.service\n0::/user.slice\n', false],
  ['0::/user.slice/user-0.slice/session-3.scope\n', false],
  ['0::/system.slice/my-sandstorm.service\n', false],
  ['0::/\n', false],
  ['', false],
])('cgroupIsIn(%j) is %s', (cgroup, expected) =>
  expect(cgroupIsIn(cgroup, 'sandstorm.service')).toBe(expected),
);
