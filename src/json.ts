/** An object, and no list. */
export function isObject(said: unknown): said is Record<string, unknown> {
  return typeof said === 'object' && said !== null && !Array.isArray(said);
}

/** The object in a text that may be torn, or anything at all; an empty one where there is none. Pure. */
export function objectIn(text: string): Partial<Record<string, unknown>> {
  try {
    const said: unknown = JSON.parse(text);
    return isObject(said) ? said : {};
  } catch {
    return {};
  }
}
