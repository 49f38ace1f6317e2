/** Small traces written by hand. */
import { traceRules, type TraceRule } from '../../src/trace/rules/index.ts';
import { Validator, type RuleOutcome, type Validation } from '../../src/trace/validate.ts';

export interface Event {
  readonly thread?: number;
  readonly text: string;
}

/** Event text on a thread; the thread is also the CPU. */
export const on = (thread: number, text: string): Event => ({ thread, text });

/** A VM with a marker for its start; a plain string is an event of thread 1. */
export function traceText(
  events: readonly (string | Event)[],
  host = 'ktl host: linux 6.12.0 npt=N tdp_mmu=N nx_huge_pages=N',
): string[] {
  const start = [host, 'ktl scenario: hand vcpus=1 data=0MiB backing=0 flags=0x0'];
  const all = [...start.map((text) => `tracing_mark_write: ${text}`), ...events];
  return all.map((event, i) => {
    const { thread = 1, text } = typeof event === 'string' ? { text: event } : event;
    const time = (1 + i / 1000).toFixed(6);
    return `  vmm-${thread}   [00${thread}] .....   ${time}: ${text}`;
  });
}

export function validateText(
  lines: readonly string[],
  rules: readonly TraceRule[] = traceRules,
): Validation {
  const validator = new Validator({ rules });
  lines.forEach((text, i) => validator.line({ number: i + 1, text, complete: true }));
  return validator.result();
}

export function outcomeOf(id: string, lines: readonly string[]): RuleOutcome {
  const outcome = validateText(lines).outcomes.find(({ rule }) => rule.id === id);
  if (outcome === undefined) throw new Error(`no rule ${id}`);
  return outcome;
}
