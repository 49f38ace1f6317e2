/** Executing counterexamples from a program. */
import { expectedText, outcomeText } from '../cli/corpus.ts';
import { reportedSteps } from '../cli/found.ts';
import { readCounterexample } from '../counterexample/load.ts';
import { replay, type Replay } from '../counterexample/replay.ts';
import { saveIn } from '../counterexample/save.ts';
import type { Counterexample } from '../counterexample/schema.ts';
import type { ReportedStep } from '../report/search-report.ts';
import { stepLines } from '../report/steps-text.ts';
import { plainStyle } from '../report/style.ts';
import { quietEnvironment } from './environment.ts';
import { catalogueWith, type OwnProperty } from './own-properties.ts';

export interface ReplayOptions {
  /** Go on with a run that was recorded for another model. Default: `false`. */
  readonly acceptModelChange?: boolean;
  /** The ones that the counterexample may be about, beside those of the model. */
  readonly ownProperties?: readonly OwnProperty[];
}

export interface ReplayResult {
  readonly counterexample: Counterexample;
  /** The run has its recorded verdict. */
  readonly asExpected: boolean;
  /** What the run violates first; step 0 is the initial state. */
  readonly violation?: { readonly property: string; readonly step: number };
  /** First step whose state is not the recorded one; only when a model change is accepted. */
  readonly drift?: number;
  readonly steps: readonly ReportedStep[];
  /** For people: the steps and the verdict. */
  readonly text: string;
}

function textOf(found: Counterexample, replayed: Replay, steps: readonly ReportedStep[]): string {
  const now = outcomeText(replayed);
  const verdict = replayed.asExpected
    ? `AS RECORDED  ${now}`
    : `NOT AS RECORDED  recorded: ${expectedText(found)}; now: ${now}`;
  return `${[...stepLines(steps, plainStyle), verdict].join('\n')}\n`;
}

function replayNamed(name: string, found: Counterexample, options: ReplayOptions): ReplayResult {
  const { acceptModelChange = false, ownProperties = [] } = options;
  const environment = quietEnvironment(catalogueWith(ownProperties));
  const { catalogue, model } = environment;
  const replayed = replay(name, found, catalogue, { model, acceptModelChange });
  const { asExpected, violation, drift } = replayed;
  const steps = reportedSteps(environment, replayed.selection, replayed.run);
  return {
    counterexample: found,
    asExpected,
    ...(violation === undefined ? {} : { violation }),
    ...(drift === undefined ? {} : { drift }),
    steps,
    text: textOf(found, replayed, steps),
  };
}

/**
 * Executes a counterexample file with the model and the properties alone, as `replay` does.
 *
 * Errors: `Fault` that names file and place when the file cannot be read, is damaged, or was
 * recorded for another model.
 */
export const replayFile = (file: string, options: ReplayOptions = {}): ReplayResult =>
  replayNamed(file, readCounterexample(file), options);

/** As `replayFile`, for a counterexample at hand. Errors: `Fault`, as for a file. */
export const replayCounterexample = (
  found: Counterexample,
  options: ReplayOptions = {},
): ReplayResult => replayNamed('the counterexample', found, options);

/**
 * Writes a counterexample in one piece, under a name that its content gives. Returns the path.
 * An equal file is left alone. Errors: `Fault` when the file cannot be written.
 */
export const saveCounterexample = (folder: string, found: Counterexample): string =>
  saveIn(folder, found, new Set());
