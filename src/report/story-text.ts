/** What is said below the steps of a run that breaks a property. */
import type { PropertyEntry } from '../checker/catalogue.ts';
import type { NamedCause, Story } from '../counterexample/story.ts';
import type { Finding } from '../engine/machine/index.ts';
import type { ReportedStep } from './search-report.ts';
import { labelled, labelledList, marksLine } from './steps-text.ts';

export const findingText = ({ message, where }: Finding): string => {
  const objects = Object.entries(where).map(([name, value]) => `${name} ${value}`);
  return objects.length === 0 ? message : `${message} (${objects.join(', ')})`;
};

/** `vcpu0 in FNAME(fetch).recheck: links sp1 …`. */
export const causeDetail = ({ actor, transition, text }: NamedCause): string =>
  `${actor} in ${transition}: ${text}`;

/** `step 42, vcpu0 in FNAME(fetch).recheck: links sp1 …`. */
export const causeText = (cause: NamedCause): string => `step ${cause.step}, ${causeDetail(cause)}`;

/**
 * The finding, the objects that it is about, the steps that led to it, and the sentence of the
 * property with its reason.
 */
export const storyLines = (
  steps: readonly ReportedStep[],
  finding: Finding,
  { objects, causes }: Pick<Story, 'objects' | 'causes'>,
  property: PropertyEntry | undefined,
): string[] => [
  ...marksLine(steps),
  ...labelled('broken', findingText(finding)),
  ...labelledList(
    'objects',
    objects.map(({ text }) => text),
  ),
  ...labelledList('because', causes.map(causeText)),
  ...(property === undefined ? [] : labelled('says', property.says)),
  ...(property === undefined ? [] : labelled('why', property.why)),
];
