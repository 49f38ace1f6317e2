import { describe, expect, it } from 'vitest';
import { recordExamples, withoutTimes } from '../../src/docs/examples.ts';

describe('withoutTimes', () => {
  it('leaves open what differs from run to run', () => {
    expect(withoutTimes('depth 1   generated 3   distinct 2   queue 0   0.0 s\nHELD\n')).toBe(
      'depth 1   generated 3 (...)   distinct 2 (...)   queue 0   ... s\nHELD\n',
    );
  });
});

describe('recordExamples', () => {
  it('puts the output of each command below it, and its exit code unless it is 0', async () => {
    const text =
      'a\n\n<!-- recorded -->\n\n```console\n$ kvm-mmu-check list presets -q\nold\n```\n\nb\n';
    expect(await recordExamples(text)).toMatch(
      /^a\n\n<!-- recorded -->\n\n```console\n\$ kvm-mmu-check list presets -q\nupstream\n/,
    );
    const wrong = '<!-- recorded -->\n\n```console\n$ kvm-mmu-check explain nothing\n```\n';
    expect(await recordExamples(wrong)).toMatch(/error KMC-101: [^]*\n\[exit 64\]\n```\n$/);
  });

  it('leaves other blocks alone', async () => {
    const text = '```console\n$ kvm-mmu-check list presets -q\nold\n```\n';
    expect(await recordExamples(text)).toBe(text);
  });
});
