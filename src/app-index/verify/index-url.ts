import { badValue } from '../../errors.js';

/**
 * Base URL of an index as Sandstorm wants it in its settings: without a slash at its end, since `/apps/index.json` is
 * put behind it.
 * @throws Refusal E_BAD_VALUE
 */
export function parseIndexUrl(text: string, what: string): string {
  const expected = 'an address such as http://apps.corp.lan';
  if (!URL.canParse(text)) throw badValue(what, text, expected);
  const { protocol, username, password, search, hash, href } = new URL(text);
  const isPlain =
    /^https?:$/.test(protocol) && username === '' && password === '' && search === '' && hash === '';
  if (!isPlain) throw badValue(what, text, expected);
  return href.replace(/\/+$/, '');
}
