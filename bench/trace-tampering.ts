/**
 * Plants changes in recorded traces and prints which share the rules refuse, and which rules:
 *
 *     node dist/bench/trace-tampering.js 4 test/traces/healthy/*.trace.txt.gz
 */
import { noShare, readTraceLines, tamper } from './trace/measure.ts';
import { tamperings } from './trace/tamper.ts';

const [perTrace = '4', ...files] = process.argv.slice(2);
const shares = tamperings.map((tampering) => ({ tampering, share: noShare() }));
for (const file of files) {
  const lines = readTraceLines(file);
  for (const { tampering, share } of shares) tamper(lines, tampering, Number(perTrace), share);
}

const percent = (part: number, whole: number): string => `${Math.round((100 * part) / whole)} %`;

process.stdout.write('| Change | Variants | Refused | Damaged | By |\n|---|---|---|---|---|\n');
for (const { tampering, share } of shares) {
  const { variants, refused, damaged, byRule } = share;
  if (variants === 0) continue;
  const rules = [...byRule]
    .sort(([, a], [, b]) => b - a)
    .map(([rule, n]) => `\`${rule}\` ${percent(n, variants)}`);
  const cells = [
    tampering.says,
    variants,
    percent(refused, variants),
    percent(damaged, variants),
    rules.join(', ') || '–',
  ];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}
