/** Bytes `from` to `to`, both of them too. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * What of a file a Range header wants (RFC 9110, 14.2). One range only: several may be answered with the whole file,
 * and a thousand that overlap are an old attack.
 * @returns 'whole' also for what cannot be understood, 'none' when the file has no such bytes.
 */
export function wantedRange(header: string | undefined, size: number): ByteRange | 'whole' | 'none' {
  const [, first = '', last = ''] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return 'whole';
  // The last so many bytes; all of them, when there are fewer.
  if (first === '')
    return last === '0' || size === 0 ? 'none' : { from: Math.max(0, size - Number(last)), to: size - 1 };
  const from = Number(first);
  const to = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < from) return 'whole';
  return from >= size ? 'none' : { from, to };
}
