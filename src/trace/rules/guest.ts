/** The rule on what the guest itself observes. */
import type { TraceRule } from './rule.ts';

export const guestOracle: TraceRule = {
  id: 'guest-oracle',
  says: 'After an invalidation, each access of the guest has the outcome that its tables ask for.',
  why: 'This is the contract of the architecture; everything else serves it.',
  source: ['the guest program, which walks its own tables'],
  needs: ['tracing_mark_write'],
  modes: 'guests that check themselves and write what they see',
  kernels: 'all',
  memory: 'line',
  property: 'access-is-justified-by-guest-tables',
  watch: (judge) => ({
    marker: ({ text }, at) => {
      if (!/^ktl cpu\d+ /.test(text)) return;
      const [, stale] = /\bstale=(\d+) checked=\d+/.exec(text) ?? [];
      if (stale === undefined && !text.includes('MISMATCH') && !/ obs: /.test(text)) return;
      judge.judge(at, () =>
        text.includes('MISMATCH') || Number(stale ?? 0) > 0
          ? { message: `the guest saw something else: ${text}` }
          : undefined,
      );
    },
  }),
};
