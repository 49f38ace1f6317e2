/** From lines of text to events, with an account of everything that was not one. */
import type { TraceEvent, Updated } from './event.ts';
import type { InputLine } from './input.ts';
import { familyOf, kernelShownBy, showsEpt, unknownKernel, type Kernel } from './kernel.ts';
import { parseLine, parseLost, parseOverwritten, type TraceLine } from './line.ts';
import { readers } from './payload.ts';
import { isSameSpte, looksLikeEpt } from './spte.ts';

/** A line that names a known event and cannot be read as one. */
export interface Malformed {
  readonly line: number;
  readonly event: string;
  readonly text: string;
  readonly why: 'malformed' | 'cut off';
}

export type GapKind = 'lost' | 'unreadable' | 'late-start' | 'several-vms' | 'print-form';

/** From this line on, the trace does not tell everything. */
export interface Gap {
  readonly kind: GapKind;
  readonly line: number;
  readonly why: string;
  /** First line that may stand after a missing event: those of one CPU go missing unseen. */
  readonly since: number;
}

/** Whether the trace is damaged, in contrast to a recording that could not know more. */
export const isDamage = ({ kind }: Gap): boolean => kind === 'lost' || kind === 'unreadable';

export type Reading =
  | { readonly kind: 'event'; readonly line: TraceLine; readonly event: TraceEvent }
  | { readonly kind: 'gap'; readonly gap: Gap };

const gapAt = (kind: GapKind, line: number, why: string, since = line): Reading => ({
  kind: 'gap',
  gap: { kind, line, why, since },
});

/** The KVM plugin of trace-cmd leaves out the gfn of some events. */
const isWithoutGfn = (text: string): boolean => /^\d(?: \S+)? q\d.* (?:sync|unsync)$/.test(text);

/** Bad lines that are kept for the report; all are counted. */
const keptMalformed = 20;

const familyRank: Readonly<Record<Kernel['source'], number>> = {
  assumed: 0,
  format: 1,
  marker: 2,
  flag: 3,
};

export class TraceReader {
  /** Lines by event; also of events that no rule knows. */
  readonly counts = new Map<string, number>();
  readonly malformed: Malformed[] = [];
  malformedCount = 0;
  lines = 0;
  events = 0;
  lostEvents = 0;
  lostMarks = 0;
  /** Lines that are neither events nor comments. */
  otherLines = 0;
  kernel: Kernel;
  /** Of the first and the last event. */
  begin: number | undefined;
  end: number | undefined;

  /** Per thread, to learn where the kernel's direct map begins. */
  readonly #updates = new Map<number, Updated>();
  #mapOffset = 0;
  /** Per CPU. */
  readonly #times = new Map<number, { readonly time: number; readonly number: number }>();

  constructor(release?: string) {
    const family = release === undefined ? undefined : familyOf(release);
    this.kernel =
      release === undefined || family === undefined
        ? unknownKernel
        : { release, family, format: 'x86', source: 'flag', because: 'said by --kernel' };
  }

  read(input: InputLine): Reading | undefined {
    this.lines = input.number;
    const { text, number } = input;
    if (text.startsWith('#')) return this.#comment(text, number);
    const line = parseLine(text, number);
    if (line === undefined || !input.complete) return this.#odd(input);
    this.events += 1;
    const disorder = this.#disorder(line);
    if (disorder !== undefined) return disorder;
    this.begin ??= line.time;
    this.end = line.time;
    this.counts.set(line.event, (this.counts.get(line.event) ?? 0) + 1);
    if (this.kernel.source !== 'flag') this.#learnKernel(line);
    if (showsEpt(line.event, line.text)) this.#useEpt();
    const reader = readers.get(line.event);
    if (reader === undefined) return undefined;
    const event = reader({ text: line.text, family: this.kernel.family });
    if (event === undefined && isWithoutGfn(line.text)) {
      return gapAt('print-form', number, `trace-cmd prints no gfn here; its report -R does`);
    }
    if (event === undefined) return this.#bad(number, line.event, text, 'malformed');
    if (event.kind === 'kvm_mmu_set_spte' && looksLikeEpt(event.spte)) this.#useEpt();
    return { kind: 'event', line, event: this.#placed(line.thread, event) };
  }

  #comment(text: string, number: number): Reading | undefined {
    const overwritten = parseOverwritten(text);
    if (overwritten <= 0) return undefined;
    this.lostEvents += overwritten;
    this.lostMarks += 1;
    return gapAt('lost', number, `${overwritten} events were overwritten`);
  }

  /** A CPU writes its events in order; lines of one that go back in time were moved. */
  #disorder({ cpu, time, number }: TraceLine): Reading | undefined {
    const last = this.#times.get(cpu);
    this.#times.set(cpu, { time, number });
    if (last !== undefined && time < last.time) {
      const why = `line ${number} is older than line ${last.number}, of the same CPU`;
      return gapAt('unreadable', number, why);
    }
    return undefined;
  }

  /** Neither a comment nor a whole event. */
  #odd({ text, number, complete }: InputLine): Reading | undefined {
    const lost = parseLost(text);
    if (lost !== undefined) {
      this.lostEvents += lost.count ?? 0;
      this.lostMarks += 1;
      const howMany = lost.count === undefined ? 'events' : `${lost.count} events`;
      const since = this.#times.get(lost.cpu)?.number ?? 0;
      return gapAt('lost', number, `${howMany} of CPU ${lost.cpu} were lost`, since + 1);
    }
    const [, name] = /(?:^|\s)(\w+):/.exec(text.replace(/^.*\d\.\d+: /, ' ')) ?? [];
    if (name !== undefined && readers.has(name)) {
      return this.#bad(number, name, text, complete ? 'malformed' : 'cut off');
    }
    const isHeadAlone = /-\d+ +\[\d+\] +.*\d\.\d+: /.test(text);
    if (isHeadAlone || !complete) return this.#bad(number, '?', text, 'cut off');
    if (text.trim() !== '') this.otherLines += 1;
    return undefined;
  }

  #bad(line: number, event: string, text: string, why: Malformed['why']): Reading {
    this.malformedCount += 1;
    if (this.malformed.length < keptMalformed) {
      this.malformed.push({ line, event, text: text.slice(0, 200), why });
    }
    return gapAt('unreadable', line, `line ${line} is ${why}`);
  }

  #useEpt(): void {
    if (this.kernel.format !== 'ept') this.kernel = { ...this.kernel, format: 'ept' };
  }

  #learnKernel({ event, flags, text }: TraceLine): void {
    const [, release] = /^(?:\S+ )*?.*\bktl host: linux (\S+)/.exec(text) ?? [];
    const said = release === undefined ? undefined : familyOf(release);
    if (release !== undefined && said !== undefined) {
      const { format } = this.kernel;
      this.kernel = { release, family: said, format, source: 'marker', because: 'its own marker' };
      return;
    }
    if (this.kernel.source === 'marker') return;
    const shown = kernelShownBy(flags, event, text);
    if (shown === undefined) return;
    const { family, because } = shown;
    const isSharper = this.kernel.source === 'assumed' || this.kernel.family === '6.x';
    if (!isSharper || familyRank[this.kernel.source] > familyRank.format) return;
    if (this.kernel.source === 'format' && this.kernel.family === family) return;
    this.kernel = { ...this.kernel, release: family, family, source: 'format', because };
  }

  /** Puts the physical address of `kvm_mmu_set_spte` into the numbering of the probes. */
  #placed(thread: number, event: TraceEvent): TraceEvent {
    if (event.kind === 'spte_update') this.#updates.set(thread, event);
    if (event.kind !== 'kvm_mmu_set_spte') return event;
    const update = this.#updates.get(thread);
    if (
      update !== undefined &&
      isSameSpte(update.new, event.spte) &&
      (update.sptep - event.sptep) % 4096 === 0
    ) {
      this.#mapOffset = update.sptep - event.sptep;
    }
    return this.#mapOffset === 0 ? event : { ...event, sptep: event.sptep + this.#mapOffset };
  }
}
