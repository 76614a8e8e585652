/** Made for paper (A4 or Letter), a bad lamp and tired eyes; on a screen it is a column of the same width. */
export const RUNBOOK_STYLE = `
:root { --ink: #16191d; --soft: #555e68; --line: #b9c0c8; --faint: #f1f3f5; --alert: #9a3412; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 12mm 10mm 16mm; max-width: 190mm; color: var(--ink); background: #fff;
  font: 10.4pt/1.42 "Source Sans 3", "Noto Sans", "DejaVu Sans", "Segoe UI", Helvetica, Arial, sans-serif; }
code, pre { font-family: "Source Code Pro", "Noto Sans Mono", "DejaVu Sans Mono", Consolas, monospace; font-size: 0.87em; }
code { overflow-wrap: anywhere; font-weight: 600; }
pre { background: var(--faint); border-left: 1.2mm solid var(--ink); padding: 2.2mm 3mm; margin: 2mm 0; white-space: pre-wrap;
  overflow-wrap: anywhere; break-inside: avoid; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
code > span { white-space: nowrap; }
pre code { font-weight: 600; }
h1 { font-size: 20pt; line-height: 1.15; margin: 0 0 2mm; padding-bottom: 2.5mm; border-bottom: 2pt solid var(--ink); overflow-wrap: anywhere; }
h2 { font-size: 13pt; margin: 6mm 0 1.5mm; padding-top: 2mm; border-top: 0.8pt solid var(--line); break-after: avoid; }
p { margin: 1.6mm 0; }
p:has(+ pre) { break-after: avoid; }
ul { margin: 1.5mm 0; padding-left: 5mm; }
li { margin: 1.5mm 0; break-inside: avoid; }
li.task { list-style: none; margin-left: -5mm; padding-left: 7.5mm; position: relative; }
li.task p { margin: 0; }
li.task pre { margin: 1.2mm 0 2mm; }
li.task input { position: absolute; left: 0; top: 0.3mm; width: 4.6mm; height: 4.6mm; margin: 0; appearance: none; -webkit-appearance: none;
  border: 1pt solid var(--ink); border-radius: 0.6mm; background: #fff; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
li.task input:checked { background: var(--ink); }
.blank { display: inline-block; max-width: 100%; height: 1.15em; border-bottom: 0.7pt solid var(--soft); vertical-align: baseline; }
table { border-collapse: collapse; width: 100%; margin: 2mm 0; }
td, th { text-align: left; vertical-align: top; padding: 1.1mm 3mm 1.1mm 0; border-bottom: 0.4pt solid var(--line); overflow-wrap: anywhere; }
tr { break-inside: avoid; }
td:first-child { color: var(--soft); white-space: nowrap; padding-right: 6mm; width: 1%; }
blockquote { margin: 3mm 0; padding: 1.6mm 4mm; border: 1pt solid var(--alert); border-left-width: 1.6mm; break-inside: avoid; }
blockquote > :first-child { margin-top: 0; } blockquote > :last-child { margin-bottom: 0; }
@page { margin: 14mm 16mm 15mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt "DejaVu Sans", Arial, sans-serif; color: #555e68; } }
@media print { body { padding: 0; max-width: none; } }
`;
