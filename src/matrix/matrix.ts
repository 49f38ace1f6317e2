/** All cells of the matrix, what was published beside them, and the laws that they follow. */
import { allCells, Cells, ENTRIES, type Cell } from './cells.ts';
import { lawsOf, type Law } from './laws.ts';
import { agrees, FAST_PAGE_FAULT, figures, hasStep, type Figure } from './published.ts';

export interface Comparison extends Figure {
  /** What the model counts, without eager splitting and with. */
  readonly count: { readonly off: number; readonly on: number };
  readonly agrees: boolean;
}

export interface Matrix {
  /** Of the one vCPU of the cells. */
  readonly pages: number;
  readonly entries: number;
  readonly cells: readonly Cell[];
  readonly comparisons: readonly Comparison[];
  readonly laws: readonly Law[];
  /** What the table or the laws have and the model does not. */
  readonly waits: readonly string[];
}

const compare = (cells: Cells, figure: Figure): Comparison => {
  const count = cells.both(figure);
  return { ...figure, count, agrees: agrees(figure, count) };
};

const waits = [
  ...(hasStep(FAST_PAGE_FAULT) ? [] : ['ept=Y, iteration 1: direct faults without mmu_lock.']),
  'ept=Y tdp_mmu=Y (L4, half of L5 and L7): its faults take mmu_lock for read, its splits and ' +
    'clears walk the tables of a root.',
  'More than two vCPUs (their frames do not fit into one state), and times.',
];

/** Runs everything: some dozen runs of some hundred steps each. */
export function makeMatrix(): Matrix {
  const cells = allCells();
  const lookup = new Cells(cells);
  const pages = ENTRIES ** 2;
  return {
    pages,
    entries: ENTRIES,
    cells,
    comparisons: figures
      .filter(({ needs }) => needs === undefined || hasStep(needs))
      .map((figure) => compare(lookup, figure)),
    laws: lawsOf(lookup, pages),
    waits,
  };
}
