/** One thing to do, with all that has to be typed. */
export interface ChecklistItem {
  /** Stable: scripts match on it. */
  readonly id: string;
  readonly section: ChecklistSection;
  readonly title: string;
  /** Path on the server ("/admin/login"); undefined for what is no page. */
  readonly page?: string;
  readonly fields: readonly ChecklistField[];
  /** What it is good for, or what happens without it. */
  readonly why: string;
  readonly notes?: readonly string[];
  readonly state: ItemState;
}

export type ChecklistSection =
  'The server' | 'Logins' | 'Organisation' | 'Apps' | 'E-mail and certificates' | 'Appearance' | 'Afterwards';

export interface ChecklistField {
  /** As it stands beside the field. */
  readonly label: string;
  readonly value: FieldValue;
}

export type FieldValue =
  | { readonly kind: 'text'; readonly text: string }
  /** Several lines for one field. */
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'ticked'; readonly on: boolean }
  /** Not known here, to be filled in by hand: what it is. */
  | { readonly kind: 'blank'; readonly what: string }
  /** Stays as it is, or empty: why. */
  | { readonly kind: 'note'; readonly text: string };

export type ItemState =
  /** Nobody has looked, or nobody can from outside. */
  | { readonly kind: 'open' }
  | { readonly kind: 'done'; readonly seen: string }
  | { readonly kind: 'failed'; readonly seen: string; readonly fix?: string };

export const text = (value: string): FieldValue => ({ kind: 'text', text: value });
export const lines = (...values: readonly string[]): FieldValue => ({ kind: 'lines', lines: values });
export const ticked = (on: boolean): FieldValue => ({ kind: 'ticked', on });
export const blank = (what: string): FieldValue => ({ kind: 'blank', what });
export const note = (value: string): FieldValue => ({ kind: 'note', text: value });
/** What is known, or a line to write it on. */
export const textOr = (value: string | undefined, what: string): FieldValue =>
  value === undefined ? blank(what) : text(value);
