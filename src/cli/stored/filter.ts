/**
 * Which steps, changes and boxes of a run are shown. `--watch` and `--hide` take what the run
 * itself prints: an object (`sp1`), an actor (`vcpu1`), a function (`mmu_set_spte`), or any other
 * words of a change (`gfn_write_track`).
 */
import type { Scene, SceneNode } from '../../picture/scene.ts';
import type { ReportedStep } from '../../report/search-report.ts';
import { bad } from '../values.ts';

/** Words that must all be in a text, or all in what is known of an object that it names. */
type Term = readonly RegExp[];

export interface StepFilter {
  /** Any of these; empty: everything. */
  readonly watch: readonly Term[];
  /** None of these. */
  readonly hide: readonly Term[];
}

/** As in print: `gfn=2` is `gfn 0x2`, `level=1` is `l1`. */
function spellings(part: string): string[] {
  const [, name = '', value = ''] = /^(\w+)=(\w+)$/.exec(part) ?? [];
  if (name === '') return [part];
  const number = /^\d+$|^0x[0-9a-f]+$/i.test(value) ? Number(value) : undefined;
  if (number === undefined) return [`${name} ${value}`];
  const level = name === 'level' ? [`l${number}`] : [];
  return [...level, `${name} 0x${number.toString(16)}`, `${name} ${number}`];
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Whole words alone: `sp1` is in `spte sp1[0]`, not in `sp10`. */
const wordsOf = (texts: readonly string[]): RegExp =>
  new RegExp(`(?<!\\w)(?:${texts.map(escaped).join('|')})(?!\\w)`);

/** Errors: fault 102. */
function termOf(flag: string, text: string): Term {
  const parts = text.split(',').map((part) => part.trim().replaceAll(/\s+/g, ' '));
  if (parts.some((part) => part === '')) {
    throw bad(flag, text, 'must be words of the steps, or name=value', 'sp1');
  }
  return parts.map((part) => wordsOf(spellings(part)));
}

/** Errors: fault 102. */
export const stepFilter = (
  watch: readonly string[] = [],
  hide: readonly string[] = [],
): StepFilter => ({
  watch: watch.map((text) => termOf('watch', text)),
  hide: hide.map((text) => termOf('hide', text)),
});

export const isEverything = ({ watch, hide }: StepFilter): boolean =>
  watch.length === 0 && hide.length === 0;

const isIn = (text: string) => (term: Term) => term.every((words) => words.test(text));

const aboutNode = ({ title, notes }: SceneNode): string => [title, ...notes].join(' ');

/** Boxes of the states around a step that a term is about. */
const boxesOf = (term: Term, scenes: readonly Scene[]): RegExp[] => {
  const nodes = scenes.flatMap((scene) => scene.nodes);
  const names = nodes.filter((node) => isIn(aboutNode(node))(term)).map(({ id }) => id);
  return names.length === 0 ? [] : [wordsOf([...new Set(names)])];
};

/**
 * The step with the changes that are shown; nothing when it is not shown at all. A step that breaks
 * the property always is. `scenes`: before and after it, where the machine has pictures.
 */
export function filteredStep(
  filter: StepFilter,
  step: ReportedStep,
  scenes: readonly Scene[],
): ReportedStep | undefined {
  const concerns = (term: Term) => {
    const boxes = boxesOf(term, scenes);
    return (text: string) => isIn(text)(term) || boxes.some((names) => names.test(text));
  };
  const watched = filter.watch.map(concerns);
  const hidden = filter.hide.map(concerns);
  const isHidden = (text: string) => hidden.some((test) => test(text));
  const isWatched = (text: string) => watched.length === 0 || watched.some((test) => test(text));

  const isBreach = step.mark === 'broken';
  const own = [step.actor, step.action];
  if (own.some(isHidden) && !isBreach) return undefined;
  const kept = step.changes.filter((change) => !isHidden(change));
  const changes = own.some(isWatched) ? kept : kept.filter(isWatched);
  const isLeft = own.some(isWatched)
    ? kept.length > 0 || step.changes.length === 0
    : changes.length > 0;
  return isLeft || isBreach ? { ...step, changes } : undefined;
}

/** The picture without boxes, rows and facts that are not shown. */
export function filteredScene(filter: StepFilter, scene: Scene): Scene {
  const isHidden = (text: string) => filter.hide.some(isIn(text));
  const isWatched = (text: string) => filter.watch.length === 0 || filter.watch.some(isIn(text));
  const nodes = scene.nodes
    .filter((node) => !isHidden(aboutNode(node)))
    .map((node) => {
      const rows = node.rows.filter(({ id, text }) => !isHidden(`${id}: ${text}`));
      if (isWatched(aboutNode(node))) return { ...node, rows };
      return { ...node, rows: rows.filter(({ id, text }) => isWatched(`${id}: ${text}`)) };
    })
    .filter((node) => isWatched(aboutNode(node)) || node.rows.length > 0);
  const facts = scene.facts.filter((fact) => !isHidden(fact) && isWatched(fact));
  return { ...scene, nodes, facts };
}

/** Fields of a state, by name, where there is no picture. */
export const isHiddenField =
  (filter: StepFilter) =>
  (name: string): boolean =>
    filter.hide.some(isIn(name));
