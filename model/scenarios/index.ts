/** All scenarios, in the order in which they are checked and listed. */
import type { Scenario } from '../scenario.ts';
import { recordedCounts } from './counts.ts';
import { directScenarios } from './direct.ts';
import { fullDirtyLogScenarios } from './dirty-log-full.ts';
import { dirtyLogScenarios } from './dirty-log.ts';
import { endlessScenarios } from './endless.ts';
import { frameScenarios } from './frames.ts';
import { hostScenarios } from './host.ts';
import { hugeScenarios } from './huge.ts';
import { linkScenarios } from './link.ts';
import { memslotScenarios } from './memslots.ts';
import { nxScenarios } from './nx.ts';
import { pcidScenarios } from './pcid.ts';
import { prefetchScenarios } from './prefetch.ts';
import { quotaScenarios } from './quota.ts';
import { rightsScenarios } from './rights.ts';
import { smmScenarios } from './smm.ts';
import { splitReuseScenarios } from './split-reuse.ts';
import { splitScenarios } from './split.ts';
import { strictScenarios } from './strict.ts';
import { unsyncScenarios } from './unsync.ts';
import { writeScenarios } from './write.ts';

const configured: readonly Scenario[] = [
  ...unsyncScenarios,
  ...linkScenarios,
  ...writeScenarios,
  ...rightsScenarios,
  ...pcidScenarios,
  ...hostScenarios,
  ...frameScenarios,
  ...hugeScenarios,
  ...directScenarios,
  ...memslotScenarios,
  ...smmScenarios,
  ...quotaScenarios,
  ...nxScenarios,
  ...splitScenarios,
  ...splitReuseScenarios,
  ...prefetchScenarios,
  ...dirtyLogScenarios,
  ...fullDirtyLogScenarios,
  ...strictScenarios,
  ...endlessScenarios,
];

export const scenarios: readonly Scenario[] = configured.map((s) => {
  const counts = recordedCounts[s.id];
  return counts === undefined ? s : { ...s, counts };
});
