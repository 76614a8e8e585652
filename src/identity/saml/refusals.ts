import { Refusal } from '../../errors.js';
import { NotXml, readXml, type XmlElement, type XmlLimits } from './xml.js';

/** @param what the file or address, for the message */
export function readDocument(text: string, what: string, limits?: XmlLimits): XmlElement {
  try {
    return readXml(text, limits);
  } catch (error) {
    if (!(error instanceof NotXml)) throw error;
    throw notSaml(what, error.message);
  }
}

export function notSaml(what: string, why: string, hint?: string): Refusal {
  return new Refusal('E_SAML_FORMAT', `${what} is not taken: ${why}`, {
    hint: hint ?? 'fetch it again, and look at it: a login page or an error page is often what was saved',
  });
}
