/** Flags that several commands share, declared once. Values are text until a command reads them. */
import type { InferredOptionTypes, Options } from 'yargs';

type OptionSet = Readonly<Record<string, Options>>;
const optionSet = <const T extends OptionSet>(options: T): T => options;

export const outputOptions = optionSet({
  format: {
    choices: ['text', 'json', 'ndjson'] as const,
    default: 'text' as const,
    describe: 'Form of the results',
    group: 'Output:',
  },
  out: { type: 'string', describe: 'Write results to this file', group: 'Output:' },
  color: {
    choices: ['auto', 'always', 'never'] as const,
    default: 'auto' as const,
    describe: 'Colour of the results; NO_COLOR is honoured',
    group: 'Output:',
  },
  verbosity: {
    type: 'string',
    default: '2',
    describe: '0: a line per scenario … 5: everything',
    group: 'Output:',
  },
  quiet: { type: 'boolean', alias: 'q', describe: 'Same as --verbosity 0', group: 'Output:' },
  progress: {
    type: 'boolean',
    describe: 'Progress on standard error [default: on for a terminal]',
    group: 'Output:',
  },
});

export const selectionOptions = optionSet({
  properties: {
    type: 'string',
    array: true,
    describe: 'Check these properties alone [default: all that apply]',
    group: 'What to check:',
  },
  match: {
    type: 'string',
    describe: 'Check the properties whose id matches this regular expression',
    group: 'What to check:',
  },
  preset: {
    type: 'string',
    describe: "Rules of this preset [default: the scenario's, upstream]",
    group: 'What to check:',
  },
  rule: {
    type: 'string',
    array: true,
    describe: 'Change a rule: name=value; may be given several times',
    group: 'What to check:',
  },
  mutant: {
    type: 'string',
    describe: 'Plant a known bug; without a scenario, in the one that shows it',
    group: 'What to check:',
  },
  granularity: {
    choices: ['step', 'operation'] as const,
    describe: "Where actors interleave [default: the scenario's]",
    group: 'What to check:',
  },
});

export const limitOptions = optionSet({
  'max-depth': { type: 'string', describe: 'Longest run, in steps', group: 'Limits:' },
  timeout: { type: 'string', describe: 'Time per scenario: 500ms, 60s, 2m', group: 'Limits:' },
});

export const saveOptions = optionSet({
  save: {
    type: 'string',
    default: 'counterexamples/found',
    describe: 'Folder for the counterexamples found; --no-save for none',
    group: 'Output:',
  },
});

/** `--no-save` arrives as `false`. */
export const saveFolderOf = (save: unknown): string | undefined =>
  typeof save === 'string' ? save : undefined;

export type OutputFlags = InferredOptionTypes<typeof outputOptions>;
export type SelectionFlags = InferredOptionTypes<typeof selectionOptions>;
