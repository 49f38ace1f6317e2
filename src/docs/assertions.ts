/**
 * What KVM asserts about its shadow MMU, in our words, and where the model checks it.
 *
 * Each entry names a property, a warning of the model (`ghost.warning`, see `model/labels.ts`) or
 * an assumption (`assertModel()`), or says why the model cannot express it. Order: as in the
 * source.
 */
import type { Assertion } from './assertion.ts';
import { assertionsOfPages } from './assertions-pages.ts';
import { assertionsOfFaults } from './assertions-faults.ts';

export const assertions: readonly Assertion[] = [...assertionsOfPages, ...assertionsOfFaults];
