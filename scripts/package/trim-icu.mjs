// Node carries the words of all languages, a third of its size; this tool speaks English.

/** The header of ICU's packed data: its own length, magic 0xda27, and further on the format "CmnD" (ICU's udata.h). */
const MAGIC = Buffer.from([0xda, 0x27]);
const FORMAT = Buffer.from('CmnD');
const FORMAT_AT = 12;

/** Names of a language's own files: "icudt78l/de_AT.res", "icudt78l/curr/de.res"; "root.res" and the like stay. */
const OF_A_LANGUAGE = /^[^/]+\/(?:[a-z]+\/)?(?!en(?:_|\.))[a-z]{2,3}(?:_[A-Za-z0-9_]+)?\.res$/;

/**
 * Takes all languages but English out of the ICU data in a program, in place: an asked for language that is not there
 * is one that ICU has never heard of, and it falls back. What was theirs is zeros.
 * @returns how many bytes
 */
export function trimIcu(program) {
  const header = findIcu(program);
  const base = header + program.readUInt16LE(header);
  const count = program.readUInt32LE(base);
  const entries = Array.from({ length: count }, (_, index) => {
    const at = base + 4 + 8 * index;
    const nameAt = base + program.readUInt32LE(at);
    const name = program.toString('latin1', nameAt, program.indexOf(0, nameAt));
    return {
      name,
      entry: Buffer.from(program.subarray(at, at + 8)),
      from: base + program.readUInt32LE(at + 4),
    };
  });
  let freed = 0;
  const kept = entries.filter(({ name, from }, index) => {
    const next = entries[index + 1];
    if (next === undefined || !OF_A_LANGUAGE.test(name)) return true;
    program.fill(0, from, next.from);
    freed += next.from - from;
    return false;
  });
  // The table stays sorted by name: ICU searches in it by halves.
  program.writeUInt32LE(kept.length, base);
  kept.forEach(({ entry }, index) => entry.copy(program, base + 4 + 8 * index));
  return freed;
}

function findIcu(program) {
  for (let at = program.indexOf(FORMAT); at !== -1; at = program.indexOf(FORMAT, at + 1)) {
    const header = at - FORMAT_AT;
    if (program.subarray(header + 2, header + 4).equals(MAGIC)) return header;
  }
  throw new Error('no ICU data found in this Node');
}
