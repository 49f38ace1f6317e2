/** The documents that hold something generated, relative to the package. */
export const documents: readonly string[] = [
  'README.md',
  'counterexamples/README.md',
  'docs/assertions.md',
  'docs/findings.md',
  'docs/matrix.md',
  'docs/model.md',
  'docs/mutants.md',
  'docs/properties.md',
  'docs/questions.md',
  'docs/random-walks.md',
  'docs/reading.md',
  'docs/rules.md',
  'docs/scenarios.md',
];
