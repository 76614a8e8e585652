/** Path of this program when it is one executable with all in it; undefined when node runs it from a folder. */
export function ownExecutable(): string | undefined {
  // node:sea is there from Node 20.12 on.
  const sea = process.getBuiltinModule('node:sea') as { isSea(): boolean } | undefined;
  return sea?.isSea() === true ? process.execPath : undefined;
}
