import type { Served } from '../../system/web.js';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Common log format, as every log analyser reads it, in UTC. */
export function accessLine({ remote, method, target, httpVersion, status, bytes }: Served, at: Date): string {
  const asked = escaped(`${method} ${target} HTTP/${httpVersion}`);
  return `${remote} - - [${moment(at)}] "${asked}" ${String(status)} ${bytes === 0 ? '-' : String(bytes)}`;
}

function moment(at: Date): string {
  const [date = '', time = ''] = at.toISOString().split(/[T.]/);
  const [year = '', month = '', day = ''] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1] ?? ''}/${year}:${time} +0000`;
}

/** What a stranger asked for must neither begin a line of its own nor move a terminal's cursor. */
function escaped(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\]/g, (one) =>
    [...Buffer.from(one)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}
