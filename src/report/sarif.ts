/**
 * SARIF 2.1.0. One run of one tool; a rule per property, a result per violation. Whoever has
 * violations brings them into the plain form below and leaves the nesting to this file.
 */
import { createHash } from 'node:crypto';

const schemaUri =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** Forges keep so many results of one run, so many steps and so many places of a result. */
const most = { results: 5000, steps: 1000, places: 100 } as const;

export interface SarifRule {
  readonly id: string;
  readonly says: string;
  readonly why: string;
  /** Kernel functions, sections of manuals. */
  readonly source: readonly string[];
}

export interface SarifPlace {
  /** Relative to the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The text of the line. */
  readonly snippet?: string | undefined;
  /** What is there. */
  readonly says?: string;
}

export interface SarifStep {
  /** Position among the steps of all actors, from 1. */
  readonly number: number;
  readonly actor: string;
  readonly at: SarifPlace;
  /** What changed, one line each. */
  readonly changes: readonly string[];
}

export interface SarifResult {
  readonly rule: string;
  /** `review`: reported for people to look at, no failure. */
  readonly kind: 'fail' | 'review' | 'open' | 'pass';
  readonly message: string;
  /** The first is the main one. */
  readonly at: readonly SarifPlace[];
  /** Functions that it is about. */
  readonly functions?: readonly string[];
  readonly related?: readonly SarifPlace[];
  /** How it came about: grouped by actor, each a thread of its own. */
  readonly steps?: readonly SarifStep[];
  /** Of violations with the same words here, a forge takes the later for the earlier. */
  readonly identity: string;
  /** The reader wanted it accepted: it is in the baseline. */
  readonly accepted?: boolean;
}

export interface SarifLog {
  readonly version: string;
  readonly rules: readonly SarifRule[];
  readonly results: readonly SarifResult[];
}

const ruleData = ({ id, says, why, source }: SarifRule) => ({
  id,
  shortDescription: { text: says },
  fullDescription: { text: `${says} ${why}` },
  help: { text: `Kernel: ${source.join(', ')}`, markdown: `Kernel: \`${source.join('`, `')}\`` },
});

/** Of paths, not of addresses: a space, a `#` or a `?` in a name stands for itself. */
const uriOf = (file: string): string => file.split('/').map(encodeURIComponent).join('/');

const placeData = ({ file, line, snippet, says }: SarifPlace) => ({
  physicalLocation: {
    artifactLocation: { uri: uriOf(file) },
    region: {
      startLine: line,
      ...(snippet === undefined ? {} : { snippet: { text: snippet } }),
    },
  },
  ...(says === undefined ? {} : { message: { text: says } }),
});

const stepData = ({ number, at, changes }: SarifStep) => ({
  executionOrder: number,
  location: placeData(at),
  state: Object.fromEntries(changes.map((text, i) => [String(i + 1), { text }])),
});

/** Order of the actors: as they first act. */
function flowData(steps: readonly SarifStep[]) {
  const kept = steps.slice(0, most.steps);
  const actors = [...new Set(kept.map(({ actor }) => actor))];
  const threadFlows = actors.map((actor) => ({
    id: actor,
    message: { text: actor },
    locations: kept.filter((step) => step.actor === actor).map(stepData),
  }));
  return [{ threadFlows }];
}

function locationsData({ at, functions = [] }: SarifResult) {
  const logicalLocations = functions.map((name) => ({
    fullyQualifiedName: name,
    kind: 'function',
  }));
  return at.slice(0, most.places).map((place, i) => ({
    ...placeData(place),
    ...(i === 0 && logicalLocations.length > 0 ? { logicalLocations } : {}),
  }));
}

function resultData(result: SarifResult, rules: readonly SarifRule[]) {
  const { rule, kind, message, related = [], steps = [], identity, accepted } = result;
  const fingerprint = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    kind,
    level: kind === 'fail' ? 'error' : 'none',
    message: { text: message },
    locations: locationsData(result),
    relatedLocations: related
      .slice(0, most.places)
      .map((place, id) => ({ id, ...placeData(place) })),
    ...(steps.length === 0 ? {} : { codeFlows: flowData(steps) }),
    partialFingerprints: { 'kvmMmuCheck/v1': fingerprint },
    ...(accepted === true
      ? { suppressions: [{ kind: 'external', justification: 'in the baseline' }] }
      : {}),
  };
}

export function sarifText({ version, rules, results }: SarifLog): string {
  const run = {
    tool: { driver: { name: 'kvm-mmu-check', version, rules: rules.map(ruleData) } },
    columnKind: 'utf16CodeUnits',
    results: results.slice(0, most.results).map((result) => resultData(result, rules)),
  };
  return `${JSON.stringify({ $schema: schemaUri, version: '2.1.0', runs: [run] }, null, 2)}\n`;
}
