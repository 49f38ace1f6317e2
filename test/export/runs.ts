/** Runs to export: the stored counterexamples, those of the toy, and one full of hostile text. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Catalogue } from '../../src/checker/catalogue.ts';
import { catalogue } from '../../src/checker/instance.ts';
import { filesIn } from '../../src/cli/corpus.ts';
import { view } from '../../src/cli/stored/view.ts';
import { currentModel, packageRoot } from '../../src/counterexample/model-version.ts';
import { saveAs } from '../../src/counterexample/save.ts';
import type { Counterexample } from '../../src/counterexample/schema.ts';
import { runFrom, type Run } from '../../src/export/run.ts';
import { toyCatalogue, toyEnvironment } from '../toy/catalogue.ts';
import { badRun, goodRun, toyModel } from '../toy/counterexamples.ts';

function executed(of: Catalogue, model: typeof toyModel, file: string): Run {
  const environment = toyEnvironment({ out: '', err: '' }, { catalogue: of, model });
  const flags = { diff: undefined, full: undefined, watch: undefined, hide: undefined };
  const argv = {
    ...flags,
    step: undefined,
    acceptModelChange: false,
    'accept-model-change': false,
    _: [],
    $0: '',
  };
  return runFrom(of, view(environment, file, argv));
}

const folder = join(packageRoot, 'counterexamples');

export const storedFiles: readonly string[] = filesIn([folder]).map((file) => basename(file));

const named = (run: Run, file: string): Run => ({ ...run, file });

const known = new Map<string, Run>();

/** Executed once per test file. */
export function storedRun(name: string): Run {
  const found =
    known.get(name) ??
    named(executed(catalogue, currentModel(), join(folder, name)), `counterexamples/${name}`);
  known.set(name, found);
  return found;
}

/** The stored run whose name ends so. */
export function runEnding(ending: string): Run {
  const name = storedFiles.find((file) => file.endsWith(`${ending}.json`));
  if (name === undefined) throw new Error(`no counterexample ends in ${ending}`);
  return storedRun(name);
}

function toy(file: string, found: Counterexample): Run {
  const temporary = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
  try {
    saveAs(join(temporary, file), found);
    return named(executed(toyCatalogue, toyModel, join(temporary, file)), file);
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

export const toyRun = (): Run => toy('bad_toy.json', badRun());
export const toyGoodRun = (): Run => toy('good_toy.json', goodRun());

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
  const { found, property, violation, scenes, objects } = run;
  const texts = (lines: readonly string[]) => lines.map((line) => `${line} ${hostileText}`);
  return {
    ...run,
    file: `counterexamples/${hostileText}.json`,
    objects: objects.map((text) => `${text} ${hostileText}`),
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
