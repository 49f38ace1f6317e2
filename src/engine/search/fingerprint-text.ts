/**
 * Source text for looking successors up among fingerprints, and for storing new ones. How entries
 * lie is said in `fingerprints.ts`.
 */
import { Tag } from './fingerprints.ts';
import { judgeText, recordText, type LookupText } from './lookup-text.ts';

/** Before the first decision: the misses overlap. */
const touchText = `let warm = 0;
for (let k = 0; k < n; k++) {
const part = low[k] >>> 24, slot = ((high[k] >>> 0) * scales[part]) | 0, t = tables[part];
warm ^= t[slot] ^ t[slots[part] + slot];
}
warmth = warm;`;

const homeText = `part = low[k] >>> 24, q = high[k], mark = low[k] << 8;
let t = tables[part], size = slots[part], slot = ((q >>> 0) * scales[part]) | 0;`;

const nextText = 'if (++slot === size) slot = 0;';

/** One thread: the new state gets the next place. */
const aloneText = (text: LookupText): string => `let known;
while ((known = t[slot]) !== 0) {
if (((known ^ mark) & ~255) === 0 && t[size + slot] === q) {
const at = 2 * size + slot;
if ((known & 255) === fresh && from[k] < t[at]) t[at] = from[k];
break;
}
${nextText}
}
if (known !== 0) continue;
if (count === limit) { stop = 1; break; }
if ((count & SEGMENT_MASK) === 0 && !allocate(count >>> ${text.segmentShift})) { stop = 2; break; }
if (room[part] <= 0) {
if (!grow(part)) { stop = 2; break; }
t = tables[part]; size = slots[part]; slot = ((q >>> 0) * scales[part]) | 0;
while (t[slot] !== 0) { ${nextText} }
}
room[part]--;
${recordText(text, 'count')}
t[slot] = mark | fresh; t[size + slot] = q; t[2 * size + slot] = from[k];
${judgeText(text, 'count')}
count++;`;

/**
 * Several threads: one compare-and-exchange makes a slot one's own; its tag says that the rest is
 * being written, which is short enough for others to wait. The tag is read again, in order, before
 * the rest of an entry is.
 */
const sharedText = (text: LookupText): string => `let known;
for (;;) {
known = t[slot];
if (known === 0) known = Atomics.compareExchange(t, slot, 0, mark | ${Tag.inWriting});
if (known === 0) {
t[size + slot] = q; t[2 * size + slot] = from[k];
Atomics.store(t, slot, mark | fresh);
break;
}
if (((known ^ mark) & ~255) === 0) {
do known = Atomics.load(t, slot); while ((known & 255) === ${Tag.inWriting});
if (t[size + slot] === q) {
if ((known & 255) === fresh) {
const at = 2 * size + slot;
for (let old = Atomics.load(t, at); from[k] < old;) {
const seen = Atomics.compareExchange(t, at, old, from[k]);
if (seen === old) break;
old = seen;
} }
break;
}
}
${nextText}
}
if (known !== 0) continue;
if (Atomics.sub(room, part, 1) <= 1) partIsFull();
if (next === segmentEnd) { next = takeSegment(); segmentEnd = next + SEGMENT_MASK + 1; }
${recordText(text, 'next')}
${judgeText(text, 'next')}
next++; count++;`;

/** Looks the buffered successors up, in order, and stores the new ones. */
export const flushFingerprintsText = (
  text: LookupText,
): string => `const { tables, slots, scales } = parts;
function flush() {
${touchText}
for (let k = 0; k < n; k++) {
const b = k * ${text.words}, ${homeText}
${text.shared ? sharedText(text) : aloneText(text)}
}
n = 0;
recent.fill(0);
}`;
