import { NS } from './names.js';
import { notSaml } from './refusals.js';
import { childOf, decodeXml, type XmlElement } from './xml.js';

/**
 * The XML of an answer, from what people save of it: the XML itself, the base64 of the form field, or the whole body
 * of the request ("SAMLResponse=...&RelayState=...").
 * @throws Refusal E_SAML_FORMAT
 */
export function decodeCaptured(bytes: Buffer, what: string): string {
  const text = decodeXml(bytes).trim();
  if (text.startsWith('<')) return text;
  const field = /(?:^|[&?\s])SAMLResponse=([^&\s]+)/.exec(text)?.[1];
  const base64 = (field === undefined ? text : percentDecoded(field, what)).replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw notSaml(
      what,
      'it is neither XML nor base64',
      "save the form field SAMLResponse of the request to /_saml/validate/default (the browser's network log)",
    );
  }
  return decodeResponse(base64);
}

export function decodeResponse(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** Whether the provider says that the login went well, and its words where not. */
export function statusOf(response: XmlElement): { readonly success: boolean; readonly said: string } {
  const status = childOf(response, NS.protocol, 'Status');
  const outer = childOf(status, NS.protocol, 'StatusCode');
  const inner = childOf(outer, NS.protocol, 'StatusCode');
  const message = childOf(status, NS.protocol, 'StatusMessage')?.text.trim() ?? '';
  const codes = [outer, inner].flatMap((code) => code?.attributes.get('Value')?.split(':').at(-1) ?? []);
  return {
    success: codes[0] === 'Success',
    said: `${codes.join(', ') || 'no status'}${message === '' ? '' : ` ("${message.slice(0, 200)}")`}`,
  };
}

function percentDecoded(field: string, what: string): string {
  try {
    return decodeURIComponent(field);
  } catch {
    throw notSaml(what, 'the percent signs in it are no encoding of a form');
  }
}
