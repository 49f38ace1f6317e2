/** What it took to find planted bugs: a row for each, for people and for programs. */
import { match } from 'ts-pattern';
import { z } from 'zod';
import type { Format, WriteLine } from './reporter.ts';
import { count, type Style } from './style.ts';

export const mutantsSchemaName = 'kvm-mmu-check/mutants@1';

const hunted = {
  mutant: z.string(),
  scenario: z.string(),
  expected: z.string().describe('The property that is to break.'),
  property: z.string().nullable().describe('The one that broke first, if any did.'),
  engine: z.enum(['exhaustive', 'random']),
  steps: z.int().min(0).nullable().describe('Of the run that was found, minimised.'),
  states: z.int().min(0).describe('Distinct states found, or, at random, steps taken.'),
  walks: z.int().min(0).nullable().describe('At random only.'),
  seconds: z.number().min(0),
  found: z.enum(['yes', 'no', 'open']).describe('Open: a bound or a signal came first.'),
  because: z.string().describe('Why not; empty when it was found.'),
};
const schema = z.literal(mutantsSchemaName);
const ending = {
  seed: z.string().nullable().describe('At random only.'),
  exitCode: z.int(),
  notSearched: z.array(z.string()).describe('What an interruption left out.'),
};

/** The document of `--format json`, or a line of `ndjson`. */
export const mutantsSchema = z
  .union([
    z.strictObject({ schema, ...ending, mutants: z.array(z.strictObject(hunted)) }),
    z.strictObject({ schema, event: z.literal('mutant'), ...hunted }),
    z.strictObject({ schema, event: z.literal('end'), ...ending }),
  ])
  .describe('What kvm-mmu-check mutants found: the document, or one line of the NDJSON output.');

const row = z.strictObject(hunted);
export type Hunted = Readonly<z.infer<typeof row>>;

export interface HuntEnd {
  readonly seed: string | null;
  readonly exitCode: number;
  readonly notSearched: readonly string[];
}

export interface HuntReporter {
  readonly begin: () => void;
  readonly one: (hunted: Hunted) => void;
  readonly end: (end: HuntEnd) => void;
}

const numbers = (texts: readonly string[]): string =>
  texts.map((text, i) => text.padStart([5, 11, 8][i] ?? 0)).join('  ');

/** Rows as they come: `ids` says how wide the first column is. */
function textReporter(
  write: WriteLine,
  style: Style,
  ids: readonly string[],
  properties: readonly string[],
): HuntReporter {
  const wide = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));
  const first = wide(['mutant', ...ids]);
  const second = wide(['found by', ...properties]);
  const columns = (a: string, b: string, c: string, rest: readonly string[]) =>
    `${a.padEnd(first)}  ${b.padEnd(second)}  ${c.padEnd(10)}  ${numbers(rest)}`;
  const all: Hunted[] = [];
  return {
    begin: () => write(columns('mutant', 'found by', 'engine', ['steps', 'states', 'seconds'])),
    one: (one) => {
      all.push(one);
      const { mutant, property, engine, steps, states, seconds, because } = one;
      const cells = [steps === null ? '-' : String(steps), count(states), seconds.toFixed(2)];
      const mark =
        one.found === 'yes' ? '' : `  ${style.bad(one.found === 'no' ? 'MISSED' : 'OPEN')}`;
      const why = because === '' ? '' : `${mark}  ${because}`;
      write(`${columns(mutant, property ?? '-', engine, cells)}${why}`);
    },
    end: ({ seed, notSearched }) => {
      const found = all.filter(({ found }) => found === 'yes').length;
      const left = notSearched.length === 0 ? '' : `, ${notSearched.length} not searched`;
      const by = seed === null ? '' : `, seed ${seed}`;
      const line = `mutants: ${found} of ${all.length} found${left}${by}`;
      write(found === all.length && left === '' ? style.good(line) : style.bad(line));
    },
  };
}

function jsonReporter(write: WriteLine): HuntReporter {
  const mutants: Hunted[] = [];
  return {
    begin: () => {},
    one: (one) => void mutants.push(one),
    end: (end) => write(JSON.stringify({ schema: mutantsSchemaName, ...end, mutants }, null, 2)),
  };
}

const eventReporter = (write: WriteLine): HuntReporter => ({
  begin: () => {},
  one: (one) => write(JSON.stringify({ schema: mutantsSchemaName, event: 'mutant', ...one })),
  end: (end) => write(JSON.stringify({ schema: mutantsSchemaName, event: 'end', ...end })),
});

export const huntReporter = (
  format: Format,
  write: WriteLine,
  style: Style,
  mutants: readonly { readonly id: string; readonly property: string }[],
): HuntReporter =>
  match(format)
    .with('text', () =>
      textReporter(
        write,
        style,
        mutants.map(({ id }) => id),
        mutants.map(({ property }) => property),
      ),
    )
    .with('json', () => jsonReporter(write))
    .with('ndjson', () => eventReporter(write))
    .exhaustive();
