import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGenerator, ExposeNodeParser, type Config } from 'ts-json-schema-generator';

/* JSON Schemas (draft 7) of everything in src/cli/documents.ts. */

const source = fileURLToPath(new URL('../../src/', import.meta.url));

export type Schema = Readonly<Record<string, unknown>>;

/** As they lie in schemas/documents.json: `documents` by name, and the `definitions` that they share. */
export interface Schemas {
  readonly $schema: string;
  readonly documents: Readonly<Record<string, Schema>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

const CONFIG: Config = {
  path: `${source}cli/documents.ts`,
  tsconfig: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)),
  type: 'Documents',
  // `npm run check:types` does.
  skipTypeCheck: true,
  topRef: false,
  // What reads a result must bear what a later version adds to it.
  additionalProperties: true,
};

/** Takes some seconds: the compiler reads all of src/. */
export function makeSchemas(): Schemas {
  const restore = nameByFile();
  try {
    const {
      $schema = '',
      properties = {},
      definitions = {},
    } = createGenerator(CONFIG).createSchema('Documents');
    const made = { $schema, documents: properties, definitions: sorted(definitions) } as unknown as Schemas;
    return withPlainNames(made);
  } finally {
    restore();
  }
}

const AT = ' of ';

/** Types of one name in several rooms are several types, which the generator would give up on. */
function nameByFile(): () => void {
  const proto = ExposeNodeParser.prototype as unknown as {
    getDefinitionName(node: { getSourceFile(): { fileName: string } }, context: unknown): string;
  };
  const plainly = proto.getDefinitionName;
  proto.getDefinitionName = function (node, context) {
    const file = relative(source, node.getSourceFile().fileName).replace(/(\.d)?\.ts$/, '');
    return `${plainly.call(this, node, context)}${AT}${file}`;
  };
  return () => {
    proto.getDefinitionName = plainly;
  };
}

/** "ReportedCheck" where there is one of that name, else "Finding of identity/finding". */
function withPlainNames(schemas: Schemas): Schemas {
  const full = Object.keys(schemas.definitions);
  // "JournalEntry<alias-19825-992>": the compiler's own name of an argument would be another one tomorrow.
  const plain = (name: string): string => (name.split(AT)[0] ?? name).replace(/<.*>/, '');
  const isAlone = (name: string): boolean =>
    full.filter((other) => plain(other) === plain(name)).length === 1;
  const names = new Map(
    full.map((name) => [name, isAlone(name) ? plain(name) : `${plain(name)}${AT}${name.split(AT)[1] ?? ''}`]),
  );
  const renamed = JSON.stringify(schemas.documents, (key, value: unknown) =>
    key === '$ref' ? refTo(value) : value,
  );
  function refTo(ref: unknown): string {
    const name = decodeURIComponent(String(ref).replace('#/definitions/', ''));
    return `#/definitions/${encodeURIComponent(names.get(name) ?? name)}`;
  }
  const definitions = Object.entries(schemas.definitions).map(([name, schema]) => [
    names.get(name) ?? name,
    JSON.parse(
      JSON.stringify(schema, (key, value: unknown) => (key === '$ref' ? refTo(value) : value)),
    ) as Schema,
  ]);
  return {
    ...schemas,
    documents: JSON.parse(renamed) as Schemas['documents'],
    definitions: Object.fromEntries(definitions) as Schemas['definitions'],
  };
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
