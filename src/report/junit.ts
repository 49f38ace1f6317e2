/**
 * JUnit XML. There is no official schema: what is written is what Jenkins, GitLab and CircleCI
 * read. A case without a verdict, or with a known failure, is a skipped one that says why.
 */
import { match } from 'ts-pattern';
import { countOf, type Case, type Suite } from './suites.ts';
import { xmlText, type XmlElement } from './xml.ts';

const verdictElements = ({ result }: Case): XmlElement[] =>
  match(result)
    .with({ kind: 'passed' }, () => [])
    .with({ kind: 'failed' }, ({ message, type, text }) => [
      { name: 'failure', attributes: { message, type }, children: text.join('\n') },
    ])
    .with({ kind: 'error' }, ({ message, type }) => [
      { name: 'error', attributes: { message, type } },
    ])
    .with({ kind: 'open' }, { kind: 'expected' }, ({ because }) => [
      { name: 'skipped', attributes: { message: because } },
    ])
    .exhaustive();

/** The convention by which Jenkins, GitLab and Azure find files of a case. */
function attachmentElements({ attachments = [] }: Case): XmlElement[] {
  if (attachments.length === 0) return [];
  const text = attachments.map((file) => `[[ATTACHMENT|${file}]]`).join('\n');
  return [{ name: 'system-out', children: text }];
}

const caseElement = (one: Case, classname: string): XmlElement => ({
  name: 'testcase',
  attributes: { name: one.name, classname, time: 0, file: one.file, line: one.line },
  children: [...verdictElements(one), ...attachmentElements(one)],
});

const inSeconds = (elapsed_ms: number | undefined): string | undefined =>
  elapsed_ms === undefined ? undefined : (elapsed_ms / 1000).toFixed(3);

function suiteElement(suite: Suite, title: string): XmlElement {
  const facts = Object.entries(suite.facts ?? {});
  const properties = facts.map(([name, value]) => ({
    name: 'property',
    attributes: { name, value },
  }));
  return {
    name: 'testsuite',
    attributes: {
      name: suite.name,
      tests: suite.cases.length,
      failures: countOf([suite], 'failed'),
      errors: countOf([suite], 'error'),
      skipped: countOf([suite], 'open') + countOf([suite], 'expected'),
      time: inSeconds(suite.elapsed_ms),
      timestamp: suite.startedAt,
    },
    children: [
      ...(properties.length === 0 ? [] : [{ name: 'properties', children: properties }]),
      ...suite.cases.map((one) => caseElement(one, `${title}.${suite.name}`)),
    ],
  };
}

/** `title`: what made the results, `kvm-mmu-check check`. */
export const junitText = (title: string, suites: readonly Suite[]): string =>
  xmlText({
    name: 'testsuites',
    attributes: {
      name: title,
      tests: suites.reduce((sum, { cases }) => sum + cases.length, 0),
      failures: countOf(suites, 'failed'),
      errors: countOf(suites, 'error'),
    },
    children: suites.map((suite) => suiteElement(suite, title.replaceAll(' ', '.'))),
  });
