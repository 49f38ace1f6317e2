/**
 * A fault of the input: what, where, and what to do next, under a stable code.
 *
 * 1xx: the command line (exit 64). 2xx: a counterexample file, 3xx: a trace,
 * 4xx: a checkpoint, 5xx: reports of shards (exit 65). 6xx: what is written (exit 74).
 */
export const faultCodes = {
  'KMC-101': 'unknown name on the command line',
  'KMC-102': 'value of a flag out of range or not of its form',
  'KMC-103': 'flags or arguments that do not go together',
  'KMC-104': 'unknown command or flag',
  'KMC-201': 'file names something that the model does not have',
  'KMC-202': 'file cannot be read',
  'KMC-203': 'file is not JSON, or is cut off',
  'KMC-204': 'file does not match the schema',
  'KMC-205': 'file has another schema version',
  'KMC-206': 'file was written for another model',
  'KMC-207': 'state after a step is not the recorded one',
  'KMC-208': 'step cannot be executed',
  'KMC-301': 'trace cannot be read',
  'KMC-302': 'compressed data of a trace is damaged',
  'KMC-303': 'input is not a trace',
  'KMC-401': 'checkpoint is damaged, or is none',
  'KMC-402': 'checkpoint of another model',
  'KMC-501': 'reports of shards that do not make a whole',
  'KMC-601': 'output cannot be written',
} as const;

export type FaultCode = keyof typeof faultCodes;

const textMax = 1000;

/** Names come from files and from shells: they must neither steer a terminal nor fill it. */
function printable(text: string): string {
  const short = text.length > textMax ? `${text.slice(0, textMax)}…` : text;
  return short.replaceAll(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  /** What to do next: one line each, without indentation. */
  readonly hints: readonly string[];

  constructor(code: FaultCode, message: string, hints: readonly string[] = []) {
    super(printable(message));
    this.code = code;
    this.hints = hints.map(printable);
  }

  get exit(): 64 | 65 | 74 {
    if (this.code.startsWith('KMC-1')) return 64;
    return this.code.startsWith('KMC-6') ? 74 : 65;
  }

  /** As printed: the sentence, then the hints, indented. */
  lines(): string[] {
    return [`error ${this.code}: ${this.message}`, ...this.hints.map((hint) => `  ${hint}`)];
  }
}

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
