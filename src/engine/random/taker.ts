/** Makes blocks of walks, in one thread: what fast-check calls back into. */
import { asyncProperty, check, PreconditionFailure } from 'fast-check';
import type { Fields, Machine } from '../machine/index.ts';
import { attempt, type FailingTrace, type Failure } from '../minimise/attempt.ts';
import type { Bound, PropertyEvidence, Trace } from '../outcome.ts';
import { compileMachine, type Program } from '../program.ts';
import type { Block, Blocks } from './blocks.ts';
import { seedOfLine } from './blocks.ts';
import { Guide } from './guide.ts';
import { Harvest, type Opening } from './harvest.ts';
import type { Pacer } from './pacer.ts';
import { seedForFastCheck } from './seed.ts';
import type { Share } from './share.ts';
import { TraceArbitrary } from './trace-arbitrary.ts';
import type { Walk } from './walk.ts';
import { Walker } from './walker.ts';

/** Steps replayed for shrinking; minimisation goes on from there. Counted, not timed. */
const SHRINK_STEPS_MAX = 5_000_000;

/** What a thread needs to know, as plain data. */
export interface TakerOptions {
  /** Of 32 bits. */
  readonly seed: bigint;
  readonly maxSteps: number;
  readonly guided: boolean;
  readonly checked: boolean;
  /** Shared out among the lines. */
  readonly openings: readonly Trace[];
  /** Whether to say what later runs should begin with. */
  readonly harvest: boolean;
}

/** Counted anew in each block. */
export interface Counts {
  readonly samples: number;
  /** By transition. */
  readonly taken: readonly number[];
  /** Steps of the longest walk. */
  readonly longest: number;
  readonly evidence: readonly PropertyEvidence[];
}

/** A violation as it was shrunk. */
export interface FailingWalk {
  readonly trace: Trace;
  readonly failure: Failure;
  /** Leads to it within the seed of the line. */
  readonly path: string;
}

/** Plain data, but for the error of a broken model, of which the message survives. */
export interface BlockResult {
  readonly index: number;
  /** Up to the violation: shrinking is not exploring. */
  readonly counts: Counts;
  readonly failing: FailingWalk | null;
  /** What ended the block before its walks, or its shrinking, were done. */
  readonly bound: Bound | null;
}

export interface Taken {
  /** Order: by index. */
  readonly blocks: readonly BlockResult[];
  readonly openings: readonly Opening[];
}

interface Line<S, F extends Fields> {
  readonly walker: Walker<S, F>;
  readonly arbitrary: TraceArbitrary<S, F>;
  readonly harvest: Harvest<S, F> | null;
}

export class Taker<S, F extends Fields> {
  readonly #program: Program<S, F>;
  readonly #options: TakerOptions;
  readonly #blocks: Blocks;
  readonly #share: Share;
  readonly #pacer: Pacer;
  readonly #lines = new Map<number, Line<S, F>>();
  /** Counted for the progress so far. */
  #told = { samples: 0, steps: 0 };

  constructor(
    machine: Machine<S, F>,
    options: TakerOptions,
    blocks: Blocks,
    share: Share,
    pacer: Pacer,
  ) {
    this.#program = compileMachine(machine, { checked: options.checked });
    this.#options = options;
    this.#blocks = blocks;
    this.#share = share;
    this.#pacer = pacer;
  }

  /**
   * Makes the blocks of these lines, and any that nobody else has taken when there is one line.
   * Ends after a violation, and when no block that is left can hold the first one.
   */
  async run(lines: readonly number[]): Promise<Taken> {
    const blocks: BlockResult[] = [];
    for (const block of this.#own(lines)) {
      if (!this.#share.matters(block.index)) break;
      const result = await this.#make(block);
      if (result === null) break;
      blocks.push(result);
      if (result.failing !== null || this.#pacer.ended !== null) break;
    }
    const openings = [...this.#lines.values()].flatMap(({ harvest }) => harvest?.openings() ?? []);
    return { blocks, openings };
  }

  *#own(lines: readonly number[]): Generator<Block> {
    const isShared = this.#blocks.lines === 1;
    for (let index = 0; ; index++) {
      const block = this.#blocks.at(isShared ? this.#share.takeNext() : index);
      if (block === null) return;
      if (lines.includes(block.line)) yield block;
    }
  }

  /** `null`: it was left, because another one comes first. */
  async #make(block: Block): Promise<BlockResult | null> {
    const line = this.#line(block.line);
    line.walker.countAnew();
    this.#program.judge.reset();
    this.#told = { samples: 0, steps: 0 };
    const walks = new WalksOfBlock(this.#program, line, block, this.#share, this.#pacer);
    walks.onPause = (samples) => this.#tell(samples, line);
    const property = asyncProperty(line.arbitrary, (walk) => walks.holds(walk));
    const seed = seedOfLine(this.#options.seed, block.line);
    const { path, walks: numRuns } = block;
    const details = await check(property, { seed: seedForFastCheck(seed), path, numRuns });
    this.#tell(walks.samples, line);
    if (walks.isLeft) return null;
    const counts = walks.countsAtFailure ?? walks.counts();
    const failing = details.counterexample && walks.verdict(details.counterexample[0]);
    const { index } = block;
    if (failing === null) return { index, counts, failing, bound: walks.bound };
    const found = { ...failing, path: details.counterexamplePath ?? path };
    return { index, counts, failing: found, bound: walks.bound };
  }

  #line(line: number): Line<S, F> {
    const known = this.#lines.get(line);
    if (known !== undefined) return known;
    const { guided, maxSteps, openings } = this.#options;
    const program = this.#program;
    const harvest = this.#options.harvest ? new Harvest(program) : null;
    const walker = new Walker(program, maxSteps, {
      guide: guided ? new Guide() : null,
      openings: openings.filter((_, k) => k % this.#blocks.lines === line),
      harvest,
    });
    const fresh = { walker, arbitrary: new TraceArbitrary(program, walker), harvest };
    this.#lines.set(line, fresh);
    return fresh;
  }

  #tell(samples: number, { walker }: Line<S, F>): void {
    const steps = walker.taken.reduce((sum, count) => sum + count, 0);
    this.#share.count(samples - this.#told.samples, steps - this.#told.steps);
    this.#told = { samples, steps };
  }
}

/** One block: the property that fast-check asks. */
class WalksOfBlock<S, F extends Fields> {
  countsAtFailure: Counts | null = null;
  /** What ended the block before its time. */
  bound: Bound | null = null;
  /** Another block has a violation that comes first. */
  isLeft = false;
  samples = 0;
  onPause: (samples: number) => void = () => {};
  readonly #program: Program<S, F>;
  readonly #line: Line<S, F>;
  readonly #block: Block;
  readonly #share: Share;
  readonly #pacer: Pacer;
  #shrinkSteps = 0;

  constructor(program: Program<S, F>, line: Line<S, F>, block: Block, share: Share, pacer: Pacer) {
    this.#program = program;
    this.#line = line;
    this.#block = block;
    this.#share = share;
    this.#pacer = pacer;
  }

  /** The property: `false` when a walk, or a shrink of one, ends in the failure looked for. */
  async holds(walk: Walk): Promise<boolean> {
    const exploring = this.countsAtFailure === null;
    if (exploring && this.samples === this.#block.walks) throw new PreconditionFailure(true);
    const failing = this.verdict(walk);
    if (exploring) this.samples++;
    else this.#shrinkSteps += walk.steps.length;
    if (exploring && failing !== null) {
      this.countsAtFailure = this.counts();
      this.#share.noteFailing(this.#block.index);
    }
    if (this.#pacer.due()) {
      this.onPause(this.samples);
      await this.#pacer.giveWay();
    }
    if (failing !== null) return false;
    this.#stopIfEnded(exploring);
    return true;
  }

  verdict(walk: Walk): FailingTrace | null {
    return walk.verdict === undefined
      ? attempt(this.#program, walk, this.#line.arbitrary.target)
      : walk.verdict;
  }

  counts(): Counts {
    const { taken, longest } = this.#line.walker;
    const evidence = this.#program.evidence();
    return { samples: this.samples, taken: [...taken], longest, evidence };
  }

  /** A time limit does not cut shrinking, which takes milliseconds; an interruption does. */
  #stopIfEnded(exploring: boolean): void {
    const { ended } = this.#pacer;
    if (this.#shrinkSteps > SHRINK_STEPS_MAX) throw new PreconditionFailure(true);
    this.isLeft = !this.#share.matters(this.#block.index);
    if (!this.isLeft && (ended === null || (ended !== 'interrupted' && !exploring))) return;
    this.bound = ended;
    throw new PreconditionFailure(true);
  }
}
