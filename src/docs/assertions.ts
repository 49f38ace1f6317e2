/**
 * What KVM asserts about its shadow MMU, in our words, and where the model checks it.
 *
 * Each entry names a property, a warning of the model (`ghost.warning`, see `model/labels.ts`) or
 * an assumption (`assertModel()`), or says why the model cannot express it. Order: as in the
 * source.
 */
import type { Warning } from '../../model/labels.ts';
import { assertionsOfPages } from './assertions-pages.ts';
import { assertionsOfFaults } from './assertions-faults.ts';

export interface Assertion {
  /** Kernel functions. */
  readonly where: string;
  readonly claim: string;
  /** Ids of properties that say it, or something stronger. */
  readonly properties?: readonly string[];
  readonly warning?: Warning;
  /** The file of the model that assumes it: there a breach is an internal error. */
  readonly assumed?: string;
  /** Why the model does not check it, or not all of it. */
  readonly why?: string;
}

export const assertions: readonly Assertion[] = [...assertionsOfPages, ...assertionsOfFaults];
