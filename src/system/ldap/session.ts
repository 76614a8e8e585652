import type { Socket } from 'node:net';
import type { Client, Entry } from 'ldapts';
import type { Dns } from '../host.js';
import type { LdapAnswer, LdapEntry, LdapOptions, LdapOutcome, LdapSearch, LdapSession } from './types.js';
import { connectSocket } from './connect.js';
import { GatedSocket } from './gated-socket.js';

/** See Ldap.open. */
export async function openLdap(options: LdapOptions, dns: Dns): Promise<LdapSession> {
  const { socket, tls } = await connectSocket(options, dns);
  const trusted = tls === undefined || (tls.chainProblem === undefined && tls.nameProblem === undefined);
  if (!trusted) {
    socket.destroy();
    const refuse = (): Promise<never> => Promise.reject(new Error('nothing is sent to a server not trusted'));
    return { tls, bind: refuse, search: refuse, close: () => undefined };
  }
  const { Client } = await import('ldapts');
  const gated = new GatedSocket(socket, options.limits);
  const client = new Client({
    // The connection is there already: scheme and host are not looked at any more.
    url: 'ldap://connected',
    createConnection: () => gated as unknown as Socket,
  });
  const line = new Line(gated, options.timeoutMs);
  return {
    tls,
    bind: (dn, password) => line.ask(() => client.bind(dn, password)),
    search: (search) => find(client, line, search),
    close: () => gated.destroy(),
  };
}

async function find(client: Client, line: Line, search: LdapSearch): Promise<LdapAnswer> {
  const { base, scope, filter, attributes = [], sizeLimit = 0, pageSize, most = Infinity } = search;
  const options = { scope, filter, attributes: [...attributes], sizeLimit, timeLimit: 10 };
  const entries: LdapEntry[] = [];
  const references: string[] = [];
  const keep = (found: { searchEntries: Entry[]; searchReferences: string[] }): void => {
    for (const entry of found.searchEntries) entries.push(entryOf(entry));
    references.push(...found.searchReferences);
  };
  line.gated.forgetSearchCode();
  const outcome = await line.ask(async () => {
    if (pageSize === undefined) {
      keep(await client.search(base, options));
      return;
    }
    for await (const page of client.searchPaginated(base, { ...options, paged: { pageSize } })) {
      keep(page);
      if (entries.length >= most) return;
    }
  });
  const code = outcome.code === 0 ? (line.gated.searchCode ?? 0) : outcome.code;
  return { ...outcome, code, entries, references };
}

class TimeoutError extends Error {}

/** The connection, until it is of no more use: then every question gets the same answer. */
class Line {
  private broken: LdapOutcome | undefined;
  private readonly ended: Promise<never>;

  constructor(
    readonly gated: GatedSocket,
    private readonly timeoutMs: number,
  ) {
    // It may end before ldapts listens, which would then wait for an answer.
    this.ended = new Promise((_, reject) => gated.once('close', () => reject(new Error('closed'))));
    this.ended.catch(() => undefined);
  }

  async ask(work: () => Promise<void>): Promise<LdapOutcome> {
    if (this.broken !== undefined) return this.broken;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new TimeoutError()), this.timeoutMs);
    });
    try {
      await Promise.race([work(), this.ended, late]);
      return { code: 0, message: '' };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (typeof code === 'number') return { code, message: message.replace(/ Code: 0x[0-9a-f]+$/, '') };
      this.broken =
        error instanceof TimeoutError
          ? { code: 'timeout', message: 'it does not answer in time' }
          : { code: 'closed', message: this.gated.trouble ?? 'it hung up in mid-answer' };
      this.gated.destroy();
      return this.broken;
    } finally {
      clearTimeout(timer);
    }
  }
}

function entryOf({ dn, ...attributes }: Entry): LdapEntry {
  const all = Object.entries(attributes).map(([name, values]): [string, string[]] => [
    name,
    [values].flat().map((value) => (typeof value === 'string' ? value : value.toString('latin1'))),
  ]);
  return { dn, attributes: new Map(all.filter(([, values]) => values.length > 0)) };
}
