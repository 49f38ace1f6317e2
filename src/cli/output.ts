/** Where results and progress go, and in which form. */
import { writeWhole } from '../counterexample/write-text.ts';
import { jsonReporter, ndjsonReporter } from '../report/json.ts';
import { silentReporter, type Format, type Reporter, type WriteLine } from '../report/reporter.ts';
import { colourStyle, plainStyle, type Style } from '../report/style.ts';
import { textReporter } from '../report/text.ts';
import { match } from 'ts-pattern';
import type { Environment } from './environment.ts';
import type { OutputFlags } from './options.ts';
import { ktapIsTheResult, type ReportFlags } from './reports.ts';
import { wholeNumber } from './values.ts';

export interface Output {
  readonly format: Format;
  readonly style: Style;
  readonly verbosity: number;
  readonly showProgress: boolean;
  /** One line of results. */
  readonly line: WriteLine;
  /** Milliseconds since the command began. */
  readonly elapsed: () => number;
  /** Completes the file of `--out`, if any. Call once, at the end. */
  readonly close: () => void;
}

function useColour(environment: Environment, flags: OutputFlags): boolean {
  return match(flags.color)
    .with('always', () => true)
    .with('never', () => false)
    .with(
      'auto',
      () =>
        environment.outIsTerminal &&
        flags.out === undefined &&
        (environment.variables['NO_COLOR'] ?? '') === '' &&
        environment.variables['TERM'] !== 'dumb',
    )
    .exhaustive();
}

export function outputFor(environment: Environment, flags: OutputFlags): Output {
  const begin = environment.now();
  const { out: file } = flags;
  const kept: string[] = [];
  return {
    format: flags.format,
    style: useColour(environment, flags) ? colourStyle : plainStyle,
    verbosity: flags.quiet === true ? 0 : wholeNumber('verbosity', flags.verbosity, 0, 5),
    showProgress: flags.progress ?? environment.errIsTerminal,
    line: (text) =>
      file === undefined ? environment.out(`${text}\n`) : void kept.push(`${text}\n`),
    elapsed: () => environment.now() - begin,
    close: () => {
      if (file !== undefined) writeWhole(file, kept.join(''));
    },
  };
}

export const reporterFor = (
  output: Output,
  flags: Pick<ReportFlags, 'ktap'> & { readonly coverage: boolean | undefined },
): Reporter =>
  ktapIsTheResult(flags) ? silentReporter : formatReporter(output, flags.coverage === true);

const formatReporter = (output: Output, coverage: boolean): Reporter =>
  match(output.format)
    .with('text', () =>
      textReporter(output.line, { style: output.style, verbosity: output.verbosity, coverage }),
    )
    .with('json', () => jsonReporter(output.line))
    .with('ndjson', () => ndjsonReporter(output.line, output.elapsed))
    .exhaustive();
