/** What is said below the steps of a run that breaks a property. */
import type { PropertyEntry } from '../checker/catalogue.ts';
import type { Story } from '../counterexample/story.ts';
import type { Finding } from '../engine/machine/index.ts';
import type { ReportedStep } from './search-report.ts';
import { labelled, labelledList, marksLine } from './steps-text.ts';

export const findingText = ({ message, where }: Finding): string => {
  const objects = Object.entries(where).map(([name, value]) => `${name} ${value}`);
  return objects.length === 0 ? message : `${message} (${objects.join(', ')})`;
};

/** The finding, the objects that it is about, and the sentence of the property with its reason. */
export const storyLines = (
  steps: readonly ReportedStep[],
  finding: Finding,
  { objects }: Pick<Story, 'objects'>,
  property: PropertyEntry | undefined,
): string[] => [
  ...marksLine(steps),
  ...labelled('broken', findingText(finding)),
  ...labelledList(
    'objects',
    objects.map(({ text }) => text),
  ),
  ...(property === undefined ? [] : labelled('says', property.says)),
  ...(property === undefined ? [] : labelled('why', property.why)),
];
