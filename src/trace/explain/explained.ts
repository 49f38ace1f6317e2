/** What came of an explanation: the run of the model beside the trace, and its file. */
import { catalogue } from '../../checker/instance.ts';
import type { Selection } from '../../checker/catalogue.ts';
import { actionText, executeTrace, type ExecutedRun } from '../../counterexample/execute.ts';
import type { ModelVersion } from '../../counterexample/model-version.ts';
import { counterexampleOf, rulesText, runFile } from '../../counterexample/record.ts';
import type { Counterexample } from '../../counterexample/schema.ts';
import type { Explanation, Found, Tried } from './explain.ts';
import { happeningText } from './happening.ts';
import { lastLineOf, type Part } from './part.ts';

/** One thing that happens in the trace, and in the run. */
export interface Counterpart {
  readonly line: number;
  readonly text: string;
  readonly step?: number;
  readonly actor?: string;
  readonly action?: string;
}

export interface ModelRun {
  readonly selection: Selection;
  readonly steps: number;
  /** What the trace calls something, and what the model calls it. */
  readonly names: readonly string[];
  /** The first property that breaks, and where. */
  readonly broken: { readonly property: string; readonly step: number } | undefined;
  readonly file: Counterexample;
}

export interface Explained {
  readonly part: Part;
  readonly kind: Explanation['kind'];
  /** For `no-counterpart` and `too-large`. */
  readonly because: string | undefined;
  readonly counterparts: readonly Counterpart[];
  /** Happenings that came back to the same state of the objects. */
  readonly leftOut: number;
  readonly tried: readonly Tried[];
  readonly run: ModelRun | undefined;
  /** The run shows less than the part does: plain leaves, or surroundings, are not in it. */
  readonly isNarrowed: boolean;
}

const hex = (n: number): string => `0x${n.toString(16)}`;

/** Leaves and pages go by their gfns. */
function namesOf({ run }: Found): string[] {
  return run.renamed.flatMap(({ kind, trace, model }) => {
    if (kind === 'gfn') return [`gfn ${trace.toString(16)} is ${hex(model)}`];
    if (kind === 'pfn') return [`pfn ${trace.toString(16)} is ${hex(model)}`];
    return kind === 'actor' ? [`thread ${trace} is vcpu${model}`] : [];
  });
}

function counterparts({ pattern, run }: Found, executed: ExecutedRun): Counterpart[] {
  return pattern.items.map((item, i) => {
    const { line } = item;
    const step = executed.steps[(run.stepOf[i] ?? 0) - 1];
    const text = happeningText(item);
    if (step === undefined) return { line, text };
    const { number, action } = step;
    return { line, text, step: number, actor: action.actor, action: actionText(action) };
  });
}

interface Origin {
  readonly model: ModelVersion;
  /** Name of the file of the trace, without its folder. */
  readonly trace: string;
}

/** With the properties that were asked for, or all; the file ends where one breaks. */
function runOf({ selection: searched, property, pattern, run }: Found, part: Part, from: Origin) {
  const { properties: _, ...names } = searched;
  const selection = { ...names, ...(property === undefined ? {} : { properties: [property] }) };
  const machine = catalogue.instantiate(selection);
  const trace = { initial: 0, steps: run.steps };
  const executed = executeTrace(machine, trace);
  const breaking = executed.steps.find(({ judged }) => judged.length > 0);
  const [judged] = breaking?.judged ?? [];
  const { model } = from;
  const lines = `${pattern.items[0]?.line ?? 1}..${lastLineOf(part)}`;
  const found = { engine: 'trace', version: model.version, trace: from.trace, lines } as const;
  const origin = { selection, machine, catalogue, model, found };
  const notes = `Does the same as lines ${lines} of ${from.trace}.`;
  if (breaking === undefined || judged === undefined) {
    const file = runFile(origin, executed, {
      title: `Lines ${lines} of ${from.trace} in ${selection.scenario} (${rulesText(selection)})`,
      says: 'No property is violated along this run.',
      expect: { verdict: 'holds' },
      minimality: 'none',
      kernel: { functions: [] },
      notes,
    });
    return { executed, file, broken: undefined };
  }
  const violation = { ...judged, trace, minimality: { kind: 'none' } as const };
  const steps = executed.steps.slice(0, breaking.number);
  const file = counterexampleOf(violation, origin, { ...executed, steps });
  const said = [file.notes, notes].filter((text) => text !== '').join(' ');
  const broken = { property: judged.property, step: breaking.number };
  return { executed, file: { ...file, notes: said }, broken };
}

/** Executes the run that was found once more, with the model and the properties alone. */
export function explained(explanation: Explanation, part: Part, origin: Origin): Explained {
  const { kind } = explanation;
  const nothing = {
    part,
    kind,
    because: undefined,
    leftOut: 0,
    tried: [],
    run: undefined,
    isNarrowed: false,
  };
  if (explanation.kind === 'no-counterpart') {
    return { ...nothing, because: explanation.because, counterparts: [] };
  }
  if ('found' in explanation) {
    const { found, tried } = explanation;
    const { executed, file, broken } = runOf(found, part, origin);
    const { selection, pattern, run } = found;
    return {
      ...nothing,
      counterparts: counterparts(found, executed),
      leftOut: pattern.leftOut,
      tried,
      isNarrowed: pattern !== explanation.whole,
      run: { selection, steps: run.steps.length, names: namesOf(found), broken, file },
    };
  }
  const { items, leftOut } = explanation.pattern;
  return {
    ...nothing,
    because: explanation.kind === 'too-large' ? explanation.because : undefined,
    counterparts: items.map((item) => ({ line: item.line, text: happeningText(item) })),
    leftOut,
    tried: explanation.kind === 'too-large' ? [] : explanation.tried,
  };
}
