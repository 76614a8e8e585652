/** Made for paper (A4 or Letter) first; on a screen it is a column of the same width. */
export const CHECKLIST_STYLE = `
:root { --ink: #1b1f24; --soft: #59626d; --line: #c9cfd6; --faint: #eef1f4; --good: #1c6b3c; --bad: #a3261d; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 12mm 10mm 16mm; max-width: 190mm; color: var(--ink); background: #fff;
  font: 9.6pt/1.38 "Source Sans 3", "Noto Sans", "DejaVu Sans", "Segoe UI", Helvetica, Arial, sans-serif; }
code, .value { font-family: "Source Code Pro", "Noto Sans Mono", "DejaVu Sans Mono", Consolas, monospace; font-size: 0.9em; }
header { border-bottom: 2pt solid var(--ink); padding-bottom: 3.5mm; margin-bottom: 5mm; }
h1 { font-size: 21pt; line-height: 1.15; font-weight: 600; letter-spacing: -0.01em; margin: 0 0 1.5mm; overflow-wrap: anywhere; }
header p { margin: 0; color: var(--soft); display: flex; flex-wrap: wrap; gap: 0 6mm; }
header p b { color: var(--ink); font-weight: 600; }
h2 { font-size: 9pt; font-weight: 600; letter-spacing: 0.09em; text-transform: uppercase; color: var(--soft);
  margin: 5.5mm 0 1.3mm; break-after: avoid; }
article { display: grid; grid-template-columns: 7.5mm 1fr; padding: 2.2mm 0 2.4mm; border-top: 0.4pt solid var(--line); break-inside: avoid; }
.box { width: 4.2mm; height: 4.2mm; margin: 0.6mm 0 0; appearance: none; -webkit-appearance: none; background: #fff;
  border: 0.9pt solid var(--ink); border-radius: 0.7mm; position: relative; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.box:checked::after { content: ""; position: absolute; left: 1.15mm; top: 0.15mm; width: 1.2mm; height: 2.3mm;
  border: solid var(--good); border-width: 0 1.5pt 1.5pt 0; transform: rotate(40deg); }
h3 { font-size: 11.4pt; font-weight: 600; line-height: 1.3; margin: 0; display: flex; justify-content: space-between; gap: 4mm; align-items: baseline; }
h3 a, h3 code { flex: none; font-weight: 400; font-size: 8.8pt; color: var(--soft); text-decoration: none; }
dl { display: grid; grid-template-columns: minmax(60mm, 41%) 1fr; margin: 1.2mm 0 0; }
dt, dd { margin: 0; padding: 0.6mm 0; border-bottom: 0.4pt dotted var(--line); }
dt { color: var(--soft); padding-right: 3mm; }
dl > :nth-last-child(-n+2) { border-bottom: 0; }
dd { overflow-wrap: anywhere; display: flex; gap: 2mm; align-items: baseline; flex-wrap: wrap; }
dd .value { display: block; }
.lines { display: grid; grid-template-columns: repeat(auto-fill, minmax(36mm, 1fr)); flex: 1; }
dd .note { color: var(--soft); font-style: italic; }
.blank { flex: 1 1 30mm; min-height: 5mm; border-bottom: 0.6pt solid var(--soft); align-self: stretch; }
.tick { display: inline-block; width: 3mm; height: 3mm; border: 0.7pt solid var(--ink); border-radius: 0.5mm; position: relative; top: 0.4mm; }
.tick.on::after { content: ""; position: absolute; left: 0.7mm; top: -0.2mm; width: 0.9mm; height: 1.8mm;
  border: solid var(--ink); border-width: 0 1.2pt 1.2pt 0; transform: rotate(40deg); }
.why { margin: 1mm 0 0; color: var(--soft); font-size: 8.8pt; }
.seen { margin: 1mm 0 0; font-size: 8.8pt; color: var(--good); overflow-wrap: anywhere; }
.seen.bad { color: var(--bad); font-weight: 600; }
footer { margin-top: 9mm; display: grid; grid-template-columns: 1fr 1fr; gap: 10mm; break-inside: avoid; }
footer div { border-top: 0.6pt solid var(--soft); padding-top: 1mm; margin-top: 9mm; color: var(--soft); font-size: 8.8pt; }
@page { margin: 13mm 16mm 15mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt "DejaVu Sans", Arial, sans-serif; color: #59626d; } }
@media print { body { padding: 0; max-width: none; } a { color: inherit; } }
@media screen and (max-width: 140mm) { dl { grid-template-columns: 1fr; } dt { border-bottom: 0; padding-bottom: 0; } h3 { flex-wrap: wrap; } }
`;
