/** An assertion that KVM makes, and what the model has in its place. */
import type { Warning } from '../../model/labels.ts';

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
