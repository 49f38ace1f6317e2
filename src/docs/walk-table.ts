/** The tables of `docs/random-walks.md`: how soon random walks show each planted bug. */
import { mutants, type Mutant } from '../../model/index.ts';
import { progressProperties } from '../../properties/index.ts';
import { walkEvidenceFile } from '../checker/instance.ts';
import {
  readWalkEvidence,
  ways,
  type WalkBook,
  type WayEvidence,
} from '../checker/walk-evidence.ts';
import { code, codes, figure, table } from './markdown.ts';

const isLoop = ({ property }: Mutant): boolean =>
  progressProperties.some(({ id }) => id === property);

/** `12 walks, 480 steps, 9 ms`, and in how many seeds it did not show. */
const cellOf = ({ walks, steps, cpu_ms, missed }: WayEvidence): string =>
  `${figure(walks)}, ${figure(steps)}, ${figure(cpu_ms)} ms` +
  (missed === 0 ? '' : `; ${missed} missed`);

const recorded = (book: WalkBook) =>
  mutants.flatMap((mutant) => {
    const evidence = book[mutant.id];
    return evidence === undefined || isLoop(mutant) ? [] : [{ mutant, evidence }];
  });

export const walkTable = (): string =>
  table(
    ['bug', 'seeds', 'limit', ...ways],
    recorded(readWalkEvidence(walkEvidenceFile)).map(({ mutant, evidence }) => [
      code(mutant.id),
      String(evidence.seeds),
      figure(evidence.limit),
      ...ways.map((way) => cellOf(evidence[way])),
    ]),
  );

/** Over all that is recorded: steps of all seeds, and how many of them missed. */
export const walkSummary = (): string => {
  const rows = recorded(readWalkEvidence(walkEvidenceFile));
  const seeds = rows.reduce((sum, { evidence }) => sum + evidence.seeds, 0);
  return table(
    ['', ...ways],
    [
      [
        'steps of all seeds',
        ...ways.map((way) =>
          figure(rows.reduce((sum, { evidence: e }) => sum + e.seeds * e[way].meanSteps, 0)),
        ),
      ],
      [
        `missed, of ${figure(seeds)} seeds`,
        ...ways.map((way) => figure(rows.reduce((sum, { evidence: e }) => sum + e[way].missed, 0))),
      ],
      [
        'bugs that a seed missed',
        ...ways.map((way) => figure(rows.filter(({ evidence: e }) => e[way].missed > 0).length)),
      ],
      [
        'fewest steps, in the mean',
        ...ways.map((way) => {
          const least = rows.filter(({ evidence: e }) =>
            ways.every((other) => e[way].meanSteps <= e[other].meanSteps),
          );
          return `${least.length} bugs`;
        }),
      ],
    ],
  );
};

const list = (chosen: readonly Mutant[]): string =>
  chosen.length === 0 ? 'none' : codes(chosen.map(({ id }) => id));

export const walkGaps = (): string => {
  const book = readWalkEvidence(walkEvidenceFile);
  const missing = mutants.filter((mutant) => book[mutant.id] === undefined && !isLoop(mutant));
  return (
    `- Shown by a run without end, which no walk is: ${list(mutants.filter(isLoop))}.\n` +
    `- Not recorded yet: ${list(missing)}.`
  );
};
