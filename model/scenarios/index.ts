/** All scenarios, in the order in which they are checked and listed. */
import type { Scenario } from '../scenario.ts';
import { hostScenarios } from './host.ts';
import { linkScenarios } from './link.ts';
import { rightsScenarios } from './rights.ts';
import { strictScenarios } from './strict.ts';
import { unsyncScenarios } from './unsync.ts';
import { writeScenarios } from './write.ts';

export const scenarios: readonly Scenario[] = [
  ...unsyncScenarios,
  ...linkScenarios,
  ...writeScenarios,
  ...rightsScenarios,
  ...hostScenarios,
  ...strictScenarios,
];
