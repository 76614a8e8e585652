import { DEFAULT_TITLE, decided, type IndexDocument } from './document.js';

/**
 * An index with what another house decided about its own: where nothing was decided here, theirs counts; what was
 * decided here stays. Pure.
 * @param stored package ids that are here; a pin to another one would leave its app without a package
 */
export function adopted(
  own: IndexDocument,
  theirs: IndexDocument,
  stored: ReadonlySet<string>,
): IndexDocument {
  const title = own.title === DEFAULT_TITLE ? theirs.title : own.title;
  const servers = own.servers.length === 0 ? theirs.servers : own.servers;
  return Object.entries(theirs.apps).reduce<IndexDocument>(
    (document, [appId, { pin, ...decision }]) => {
      const change = { ...decision, ...(pin === undefined || !stored.has(pin) ? {} : { pin }) };
      return decided(document, appId, { ...change, ...own.apps[appId] });
    },
    { ...own, title, servers },
  );
}
