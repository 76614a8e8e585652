/** A file's text, packed into the bundle: see scripts/raw-text.mjs. */
declare module '*?raw' {
  const text: string;
  export default text;
}
