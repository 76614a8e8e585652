import documents from '../../../schemas/documents.json?raw';
import { Refusal } from '../../errors.js';
import { nearest } from '../../nearest.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { SCHEMA_OPTIONS } from './schema.js';

type Schema = Readonly<Record<string, unknown>>;

interface Schemas {
  readonly $schema: string;
  readonly documents: Readonly<Record<string, Schema>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

export function run({ values }: CommandContext<typeof SCHEMA_OPTIONS>): Promise<OutcomeOf<'schema'>> {
  const all = JSON.parse(documents) as Schemas;
  const names = Object.keys(all.documents);
  const name = values.document?.join(' ');
  if (name === undefined) {
    return Promise.resolve({ changed: false, result: { names }, text: names.join('\n'), verbatim: true });
  }
  const schema = schemaOf(name, all);
  if (schema === undefined) throw unknownDocument(name, names);
  const text = JSON.stringify(schema, null, 2);
  return Promise.resolve({ changed: false, result: { name, schema }, text, verbatim: true });
}

/** One document with all that it refers to, and nothing else; undefined when there is none of that name. Pure. */
function schemaOf(name: string, { $schema, documents: all, definitions }: Schemas): Schema | undefined {
  const document = Object.hasOwn(all, name) ? all[name] : undefined;
  if (document === undefined) return undefined;
  const needed = new Set<string>();
  const take = (schema: unknown): void => {
    for (const [, ref = ''] of JSON.stringify(schema).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)) {
      const found = decodeURIComponent(ref);
      if (needed.has(found)) continue;
      needed.add(found);
      take(definitions[found]);
    }
  };
  take(document);
  const own = Object.entries(definitions).filter(([one]) => needed.has(one));
  return { $schema, title: name, ...document, definitions: Object.fromEntries(own) };
}

function unknownDocument(name: string, names: readonly string[]): Refusal {
  const meant = nearest(name, names);
  return new Refusal('E_BAD_VALUE', `there is no schema called ${JSON.stringify(name)}`, {
    hint: meant === undefined ? 'sandstorm-airgap schema' : `sandstorm-airgap schema ${meant}`,
  });
}
