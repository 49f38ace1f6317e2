/** A strict reader of KTAP version 1, after the rules of the kernel's document on it. */

export interface KtapTest {
  readonly ok: boolean;
  readonly name: string;
  readonly directive: string | undefined;
  readonly diagnostic: string;
  /** Lines that begin with a hash, right before the result. */
  readonly notes: readonly string[];
  readonly subtests: readonly KtapTest[];
}

const directives = new Set(['SKIP', 'TODO', 'XFAIL', 'TIMEOUT', 'ERROR']);
const mustFail = new Set(['TIMEOUT', 'ERROR']);

class Reader {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string) {
    if (!text.endsWith('\n')) throw new Error('the last line has no end');
    this.#lines = text.slice(0, -1).split('\n');
  }

  get ended(): boolean {
    return this.#at === this.#lines.length;
  }

  #fail(why: string): never {
    throw new Error(`line ${this.#at + 1}: ${why}: ${this.#lines[this.#at] ?? '(end)'}`);
  }

  /** The text of the line at this depth, when it is at least that deep. */
  #peek(depth: number): string | undefined {
    const line = this.#lines[this.#at];
    const indent = '  '.repeat(depth);
    return line !== undefined && line.startsWith(indent) ? line.slice(indent.length) : undefined;
  }

  #take(depth: number, pattern: RegExp, what: string): RegExpExecArray {
    const found = pattern.exec(this.#peek(depth) ?? '');
    if (found === null) this.#fail(`expected ${what}`);
    this.#at++;
    return found;
  }

  results(depth: number): KtapTest[] {
    this.#take(depth, /^KTAP version 1$/, 'a version line');
    const [, planned] = this.#take(depth, /^1\.\.(\d+)$/, 'a plan');
    return Array.from({ length: Number(planned) }, (_, i) => this.#test(depth, i + 1));
  }

  #test(depth: number, number: number): KtapTest {
    const isNested = /^ {2}KTAP version 1$/.test(this.#peek(depth) ?? '');
    const subtests = isNested ? this.results(depth + 1) : [];
    const notes: string[] = [];
    while (/^#( |$)/.test(this.#peek(depth) ?? '')) {
      notes.push((this.#peek(depth) ?? '').slice(2));
      this.#at++;
    }
    const line = /^(ok|not ok) (\d+) ([^#]*[^# ])(?: # (?:([A-Z]+)(?: |$))?(.*))?$/;
    const [, result, at, name = '', directive, diagnostic = ''] = this.#take(
      depth,
      line,
      'a result',
    );
    const ok = result === 'ok';
    this.#at--;
    if (Number(at) !== number) this.#fail(`the number should be ${number}`);
    if (directive !== undefined && !directives.has(directive)) this.#fail('unknown directive');
    if (mustFail.has(directive ?? '') && ok) this.#fail('a directive of failure on ok');
    if (ok && subtests.some((one) => !one.ok)) this.#fail('a subtest fails, and this does not');
    this.#at++;
    return { ok, name, directive, diagnostic, notes, subtests };
  }
}

/** Errors: throws at the first line that is not as it must be. */
export function readKtap(text: string): KtapTest[] {
  const reader = new Reader(text);
  const tests = reader.results(0);
  if (!reader.ended) throw new Error('there is more after the last planned test');
  return tests;
}
