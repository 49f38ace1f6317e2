/** Validation of lines in memory, for benchmarks and their tests. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { isDamage } from '../../src/trace/read/reader.ts';
import { traceRules } from '../../src/trace/rules/index.ts';
import { Validator, type Validation } from '../../src/trace/validate.ts';
import { spread, type Tampering } from './tamper.ts';

export function readTraceLines(file: string): string[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text.replace(/\n$/, '').split('\n');
}

export function validateLines(lines: readonly string[]): Validation {
  const validator = new Validator({ rules: traceRules });
  lines.forEach((text, i) => validator.line({ number: i + 1, text, complete: true }));
  return validator.result();
}

/** Rules that refuse the trace. Order: of the rules. */
export const refusedBy = ({ outcomes }: Validation): string[] =>
  outcomes
    .filter(({ broken, rule }) => broken > 0 && rule.observation !== true)
    .map(({ rule }) => rule.id);

export interface Share {
  variants: number;
  refused: number;
  /** Not refused, and not accepted: the trace itself shows that it is damaged. */
  damaged: number;
  /** How many variants each rule refuses. */
  readonly byRule: Map<string, number>;
}

export const noShare = (): Share => ({ variants: 0, refused: 0, damaged: 0, byRule: new Map() });

/** Up to `count` variants of one trace. */
export function tamper(
  lines: readonly string[],
  tampering: Tampering,
  count: number,
  into: Share,
): void {
  for (const at of spread(tampering.places(lines), count)) {
    const found = validateLines(tampering.apply(lines, at));
    const rules = refusedBy(found);
    into.variants += 1;
    if (rules.length > 0) into.refused += 1;
    else if (found.gaps.some(isDamage)) into.damaged += 1;
    for (const rule of rules) into.byRule.set(rule, (into.byRule.get(rule) ?? 0) + 1);
  }
}
