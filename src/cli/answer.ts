import type { RefusalData } from '../errors.js';
import type { FactsByCode } from '../refusal-facts.js';

/**
 * @internal so that no definition of its own is made of it
 *
 * The one object that a command prints on stdout under --json. `result` is that command's own.
 */
export type Answer<R> =
  | { readonly ok: true; readonly changed: boolean; readonly result: R; readonly error: null }
  | {
      readonly ok: false;
      /** Something was changed before it failed. */
      readonly changed: boolean;
      readonly result: R | RefusalFacts | null;
      readonly error: RefusalData;
    };

/** What is known of a refusal beyond its words: which of these it is follows from `error.code`. */
export type RefusalFacts = FactsByCode[keyof FactsByCode];
