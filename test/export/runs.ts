/** Runs to export: the stored counterexamples, those of the toy, and one full of hostile text. */
import { basename, join } from 'node:path';
import type { Catalogue } from '../../src/checker/catalogue.ts';
import { catalogue } from '../../src/checker/instance.ts';
import { filesIn } from '../../src/cli/corpus.ts';
import { reportedSteps } from '../../src/cli/search.ts';
import { readCounterexample } from '../../src/counterexample/load.ts';
import { currentModel, packageRoot } from '../../src/counterexample/model-version.ts';
import { replay } from '../../src/counterexample/replay.ts';
import type { Counterexample } from '../../src/counterexample/schema.ts';
import { runFrom, type Run } from '../../src/export/run.ts';
import { toyCatalogue, toyEnvironment } from '../toy/catalogue.ts';
import { badRun, goodRun, toyModel } from '../toy/counterexamples.ts';

function executed(of: Catalogue, model: typeof toyModel, file: string, found: Counterexample): Run {
  const replayed = replay(file, found, of, { model, acceptModelChange: false });
  const environment = toyEnvironment({ out: '', err: '' }, { catalogue: of });
  const steps = reportedSteps(environment, replayed.selection, replayed.run);
  return runFrom(of, file, found, replayed, steps);
}

const folder = join(packageRoot, 'counterexamples');

export const storedFiles: readonly string[] = filesIn([folder]).map((file) => basename(file));

const known = new Map<string, Run>();

/** Executed once per test file. */
export function storedRun(name: string): Run {
  const found =
    known.get(name) ??
    executed(
      catalogue,
      currentModel(),
      `counterexamples/${name}`,
      readCounterexample(join(folder, name)),
    );
  known.set(name, found);
  return found;
}

/** The stored run whose name ends so. */
export function runEnding(ending: string): Run {
  const name = storedFiles.find((file) => file.endsWith(`${ending}.json`));
  if (name === undefined) throw new Error(`no counterexample ends in ${ending}`);
  return storedRun(name);
}

export const toyRun = (): Run => executed(toyCatalogue, toyModel, 'bad_toy.json', badRun());
export const toyGoodRun = (): Run => executed(toyCatalogue, toyModel, 'good_toy.json', goodRun());

/** The toy going round: its last two steps lead back to the state before them. */
export function endlessRun(): Run {
  const { violation, states, ...run } = toyRun();
  if (violation === undefined) throw new Error('the toy violates nothing');
  const { finding } = violation;
  return {
    ...run,
    states: [...states.slice(0, -1), states[2] ?? {}],
    violation: { property: 'it-ends', step: 4, finding, loop: 2 },
  };
}

/** What may break a page, a label, a statement or a line of any of the formats. */
export const hostileText =
  '</script><script>alert(1)</script> <!-- <img src=x onerror=alert(2)> --> ' +
  `"quoted" 'single' \\back\\ {brace}|bar; #35; %% end\nrect loop é → ]]> &amp; \${x} \`tick\``;

/** A run whose every text is hostile. */
export function hostileRun(run: Run): Run {
  const { found, property, violation, scenes } = run;
  const texts = (lines: readonly string[]) => lines.map((line) => `${line} ${hostileText}`);
  return {
    ...run,
    file: `counterexamples/${hostileText}.json`,
    found: {
      ...found,
      title: hostileText,
      says: hostileText,
      notes: hostileText,
      kernel: { functions: [hostileText], commit: hostileText, thread: hostileText },
    },
    steps: run.steps.map((step) => ({
      ...step,
      text: `${step.text} ${hostileText}`,
      changes: texts(step.changes),
    })),
    ...(property === undefined
      ? {}
      : { property: { ...property, says: hostileText, why: hostileText } }),
    ...(violation === undefined
      ? {}
      : { violation: { ...violation, finding: { message: hostileText, where: { sp: 0 } } } }),
    ...(scenes === undefined
      ? {}
      : {
          scenes: scenes.map((scene) => ({
            ...scene,
            facts: texts(scene.facts),
            nodes: scene.nodes.map((node) => ({
              ...node,
              title: `${node.title} ${hostileText}`,
              notes: texts(node.notes),
              rows: node.rows.map((row) => ({ ...row, text: `${row.text} ${hostileText}` })),
            })),
          })),
        }),
  };
}
