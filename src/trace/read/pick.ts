/** Lines by number, for reports: from a file once more, from a pipe out of the recent ones. */
import { linesOf, openInput, type InputLine } from './input.ts';

const kept = 32_768;

/** The last lines of an input that cannot be read twice. */
export class RecentLines {
  readonly #ring: (InputLine | undefined)[] = Array.from({ length: kept }, () => undefined);

  push(line: InputLine): void {
    this.#ring[line.number % kept] = line;
  }

  /** Those of `wanted` that are still there. */
  pick(wanted: ReadonlySet<number>): Map<number, string> {
    const found = new Map<number, string>();
    for (const number of wanted) {
      const line = this.#ring[number % kept];
      if (line?.number === number) found.set(number, line.text);
    }
    return found;
  }
}

/** Errors: those of reading. */
export async function pickLines(
  path: string,
  wanted: ReadonlySet<number>,
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  const last = Math.max(0, ...wanted);
  const input = openInput(path);
  try {
    if (wanted.size === 0) return found;
    for await (const batch of linesOf(path, input)) {
      for (const { number, text } of batch) if (wanted.has(number)) found.set(number, text);
      if ((batch.at(-1)?.number ?? 0) >= last) break;
    }
  } finally {
    input.destroy();
  }
  return found;
}

/** Numbers of the lines that a report of a violation shows. */
export function linesAround(numbers: readonly number[], context: number): number[] {
  const wanted = new Set<number>();
  for (const number of numbers) {
    for (let n = Math.max(1, number - context); n <= number + context; n += 1) wanted.add(n);
  }
  return [...wanted].sort((a, b) => a - b);
}
