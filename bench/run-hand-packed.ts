/**
 * Explores the shadow core with the hand-packed explorer and prints one line of JSON:
 *
 *     node dist/bench/run-hand-packed.js M
 */
import { HandPacked } from './hand-packed.ts';
import { presets } from './machines/shadow-core.ts';

const [size = 'S'] = process.argv.slice(2);
const preset = Object.entries(presets).find(([name]) => name === size)?.[1];
if (preset === undefined) throw new RangeError(`preset is S, M or L, not ${size}`);

const { states, transitions, depth, violation } = new HandPacked(preset).run();
const { user, system } = process.cpuUsage();
const measurement = {
  states,
  transitions,
  depth,
  steps: violation?.steps ?? null,
  cpu_ms: (user + system) / 1000,
  peak_bytes: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(`${JSON.stringify(measurement)}\n`);
