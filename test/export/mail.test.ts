import { describe, expect, it } from 'vitest';
import { mailText } from '../../src/export/mail.ts';
import { unfitForMail } from './readers.ts';
import { endlessRun, hostileRun, runEnding, toyGoodRun, toyRun } from './runs.ts';

const sharedDirectory = () => runEnding('shared-directory--inherited-permission');
const race = () => runEnding('perm-reduction-no-remote-flush');

describe('mailText', () => {
  it('has every step with its number, in order', () => {
    const text = mailText(sharedDirectory());
    const numbers = [...text.matchAll(/^ {2,3}(\d+) \S/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(sharedDirectory().steps.map(({ number }) => number));
  });

  it('says what broke, and shows the state in which it did', () => {
    const text = mailText(sharedDirectory());
    expect(text).toMatch(/^child-has-the-role-that-its-entry-implies is violated at step 15 of 15/);
    expect(text).toContain('State after step 15:');
    expect(text).toMatch(/^ {2}sp1 l2 gfn 0x1 access -u- sync$/m);
  });

  it('gives two actors a column each', () => {
    const text = mailText(race());
    expect(text).toMatch(/^ {5}vcpu0 {30}vcpu1$/m);
    expect(text).toMatch(/^ {2}10 FNAME\(page_fault\)$/m);
    expect(text).toMatch(/^ {2,3}\d+ {36,37}kvm_mmu_load\(\)$/m);
  });

  it('ends with a command that a shell reads as one line', () => {
    const command = mailText(race()).split('again:\n\n')[1]?.replaceAll('\\\n', '').trim();
    expect(command).toBe(`kvm-mmu-check replay ${race().file}`);
  });

  it('says of a run that holds that it does', () => {
    expect(mailText(toyGoodRun())).toMatch(/^one actor enters: holds over 3 steps\.\n/);
  });

  it('says of a run that never ends which steps repeat', () => {
    expect(mailText(endlessRun())).toMatch(
      /^it-ends is violated in a loop of 2 steps after step 2\.\n/,
    );
  });

  it('needs no picture, and no plain text', () => {
    expect(mailText(toyRun())).not.toContain('State after');
    expect(unfitForMail(mailText(hostileRun(race())))).toEqual([]);
  });
});
