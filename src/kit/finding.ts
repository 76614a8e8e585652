/** What is wrong with one file of a kit, or one part of a file; `why` continues its name. */
export interface Finding {
  readonly name: string;
  readonly state: 'damaged' | 'missing' | 'extra' | 'doubled';
  readonly why: string;
}
