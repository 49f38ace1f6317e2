/**
 * One line of a trace: who, where, when, which event.
 *
 *     vmm-695     [001] d..1.    19.770496: kvm_entry: vcpu 0, rip 0x10000      tracefs
 *     vmm-687     [000]     7.281932: kvm_entry:             vcpu 0, rip 0x1    trace-cmd report
 */

export interface TraceLine {
  /** From 1. */
  readonly number: number;
  readonly comm: string;
  readonly thread: number;
  readonly cpu: number;
  /** The flags column, where there is one. */
  readonly flags: string | undefined;
  /** Seconds, or whatever the trace clock counts. */
  readonly time: number;
  readonly event: string;
  readonly text: string;
}

/** Commands may hold spaces, dashes and digits; some tracers add the thread group. */
const header = new RegExp(
  [
    '^ *(.{1,40}?)-(\\d+) +(?:\\( *(?:\\d+|-+)\\) +)?\\[(\\d+)\\] +',
    '(?:([^\\s:]{4,6}) +)?(\\d+(?:\\.\\d+)?): +?([^\\s:]+): *(.*?)\\s*$',
  ].join(''),
);

/** Undefined: not an event. */
export function parseLine(text: string, number: number): TraceLine | undefined {
  const m = header.exec(text);
  if (m === null) return undefined;
  const [, comm = '', thread, cpu, flags, time, event = '', rest = ''] = m;
  return {
    number,
    comm,
    thread: Number(thread),
    cpu: Number(cpu),
    flags,
    time: Number(time),
    event,
    text: rest,
  };
}

/** `CPU:1 [LOST 12 EVENTS]`, `CPU:1 [12 EVENTS DROPPED]`. */
const lost = /^ *CPU:(\d+) \[(?:LOST (?:(\d+) )?EVENTS|(\d+) EVENTS DROPPED)\]/;

export interface LostEvents {
  readonly cpu: number;
  /** Undefined: the trace does not say. */
  readonly count: number | undefined;
}

export function parseLost(text: string): LostEvents | undefined {
  const m = lost.exec(text);
  if (m === null) return undefined;
  const [, cpu, counted, dropped] = m;
  const count = counted ?? dropped;
  return { cpu: Number(cpu), count: count === undefined ? undefined : Number(count) };
}

/** `# entries-in-buffer/entries-written: 1883/2000`: how many were overwritten at the front. */
export function parseOverwritten(text: string): number {
  const m = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)/.exec(text);
  return m === null ? 0 : Number(m[2]) - Number(m[1]);
}
