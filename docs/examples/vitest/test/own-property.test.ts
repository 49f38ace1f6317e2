import { checkScenario, replayCounterexample, type OwnProperty } from 'kvm-mmu-check';
import { kvmMmuMatchers } from 'kvm-mmu-check/vitest';
import { expect, it } from 'vitest';

expect.extend(kvmMmuMatchers);

/** A question, put as a claim: the shortest run against it is the answer. */
const atMostOneUnsyncPage: OwnProperty = {
  kind: 'state',
  id: 'at-most-one-unsync-page',
  says: 'No two shadow pages are unsync at once.',
  why: 'To see how KVM gets there.',
  source: ['kvm_unsync_page()'],
  when: 'unlocked',
  applies: (kvm) => {
    for (let sp = 0; sp < kvm.sp.length; sp += 1) if (kvm.sp.at(sp).unsync) return true;
    return false;
  },
  check: (kvm) => {
    const unsync: number[] = [];
    for (let sp = 0; sp < kvm.sp.length; sp += 1) if (kvm.sp.at(sp).unsync) unsync.push(sp);
    const [first = 0, second] = unsync;
    return second === undefined
      ? null
      : { message: 'two shadow pages are unsync', where: { first, second } };
  },
  witness: { says: 'some page is unsync', reached: () => true },
};

const ownProperties = [atMostOneUnsyncPage];

it('holds in a scenario with one table of leaves', async () => {
  await expect('shadow-rights').toHoldExhaustively({ ownProperties });
});

it('has a shortest run against it in another scenario', async () => {
  const { violations } = await checkScenario('shadow-sync-passes', {
    ownProperties,
    properties: [atMostOneUnsyncPage.id],
  });
  const [violation] = violations;
  expect(violation?.minimality).toBe('shortest');
  if (violation === undefined) throw new Error('no run was found');
  const { text } = replayCounterexample(violation.counterexample, { ownProperties });
  expect(text).toContain('violates at-most-one-unsync-page at step');
});
