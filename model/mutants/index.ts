/** All mutants: first the bugs that existed, then the rules of KVM that a patch could break. */
import { buildingMutants } from './building.ts';
import { dirtyLogMutants } from './dirty-log.ts';
import { endlessMutants } from './endless.ts';
import { frameMutants } from './frames.ts';
import { hugeMutants } from './huge.ts';
import { keepingMutants } from './keeping.ts';
import { knownBugs } from './known-bugs.ts';
import { memslotMutants } from './memslots.ts';
import { modeMutants } from './modes.ts';
import { notifierMutants } from './notifier.ts';
import { quotaMutants } from './quota.ts';
import { smmMutants } from './smm.ts';
import { splitMutants } from './split.ts';
import type { Mutant } from './mutant.ts';

export const mutants: readonly Mutant[] = [
  ...knownBugs,
  ...buildingMutants,
  ...keepingMutants,
  ...endlessMutants,
  ...memslotMutants,
  ...notifierMutants,
  ...frameMutants,
  ...quotaMutants,
  ...hugeMutants,
  ...modeMutants,
  ...dirtyLogMutants,
  ...smmMutants,
  ...splitMutants,
];

export type { Mutant } from './mutant.ts';
