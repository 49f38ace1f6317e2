/** Validations as SARIF 2.1.0: a result per violation, at its line of the trace. */
import { createHash } from 'node:crypto';
import { traceRules } from '../rules/index.ts';
import { evidenceOf, type ShownViolation, type TraceReport } from './result.ts';

const schemaUri =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** Forges accept so many results of one run. */
const mostResults = 5000;

const ruleData = traceRules.map(({ id, says, why, source }) => ({
  id,
  shortDescription: { text: says },
  fullDescription: { text: `${says} ${why}` },
  help: { text: `Kernel: ${source.join(', ')}`, markdown: `Kernel: \`${source.join('`, `')}\`` },
}));

const location = (file: string, startLine: number, text?: string) => ({
  physicalLocation: {
    artifactLocation: { uri: encodeURI(file) },
    region: { startLine, ...(text === undefined ? {} : { snippet: { text } }) },
  },
});

function resultData({ violation, lines }: ShownViolation, file: string) {
  const { rule, line, message, objects = [] } = violation;
  const textOf = (number: number) => lines.find((one) => one.number === number)?.text;
  const isObservation = traceRules.find(({ id }) => id === rule)?.observation === true;
  const fingerprint = createHash('sha256').update(`${rule} ${message}`).digest('hex').slice(0, 16);
  return {
    ruleId: rule,
    ruleIndex: traceRules.findIndex(({ id }) => id === rule),
    kind: isObservation ? 'review' : 'fail',
    level: isObservation ? 'none' : 'error',
    message: { text: [message, ...objects].join('\n') },
    locations: [location(file, line, textOf(line))],
    relatedLocations: evidenceOf(violation).map((evidence, id) => ({
      id,
      ...location(file, evidence.line, textOf(evidence.line)),
      message: { text: evidence.what },
    })),
    partialFingerprints: { ruleAndMessage: fingerprint },
  };
}

export function sarifText(reports: readonly TraceReport[], version: string): string {
  const results = reports.flatMap(({ file, shown }) =>
    shown.map((violation) => resultData(violation, file)),
  );
  const run = {
    tool: { driver: { name: 'kvm-mmu-check', version, rules: ruleData } },
    results: results.slice(0, mostResults),
  };
  return `${JSON.stringify({ $schema: schemaUri, version: '2.1.0', runs: [run] }, null, 2)}\n`;
}
