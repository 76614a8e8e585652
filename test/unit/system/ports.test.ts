import { describe, expect, it } from 'vitest';
import { parseListeners } from '../../../src/system/ports.js';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const row = (local: string, state: string, inode = '4711'): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 100 0 0 10 0`;

describe('parseListeners', () => {
  it.each([
    ['0100007F:1F90', '127.0.0.1', 8080],
    ['00000000:0019', '0.0.0.0', 25],
    ['0500140A:17C0', '10.20.0.5', 6080],
    ['00000000000000000000000000000000:17C1', '::', 6081],
    ['00000000000000000000000001000000:17C1', '::1', 6081],
    ['B80D0120000000000000000001000000:0050', '2001:db8::1', 80],
    ['0000000000000000FFFF00000500140A:01BB', '10.20.0.5', 443],
  ])('reads %s', (local, address, port) => {
    expect(parseListeners([HEAD, row(local, '0A')].join('\n'))).toEqual([{ address, port, inode: '4711' }]);
  });

  it('leaves out connections, the heading and lines that do not fit', () => {
    const table = [
      HEAD,
      row('0100007F:1F90', '01'),
      row('0100007F:1F90', '06'),
      row('0100007F:1F9', '0A'),
      row('0100007F:', '0A'),
      row('0100:1F90', '0A'),
      row('zz00007F:1F90', '0A'),
      row('000000000000000000000000:1F90', '0A'),
      row('0100007F:1F90', '0A', 'x'),
      '\u0000\u0000\u0000',
      '0: 0100007F:1F90',
      '',
    ].join('\n');
    expect(parseListeners(table)).toEqual([]);
  });
});
