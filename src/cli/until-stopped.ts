/** Reading what may never end, until somebody asks to stop. */

/** A pipe may stay silent for long: look for a signal in between. */
const poll_ms = 200;

/** Ends when the items do, or soon after `isStopped`. */
export async function* untilStopped<T>(items: AsyncIterable<T>, isStopped: () => boolean) {
  const iterator = items[Symbol.asyncIterator]();
  let next = iterator.next();
  while (!isStopped()) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tick = new Promise<undefined>((wake) => (timer = setTimeout(wake, poll_ms, undefined)));
    const result = await Promise.race([next, tick]);
    clearTimeout(timer);
    if (result === undefined) continue;
    if (result.done === true) return;
    yield result.value;
    next = iterator.next();
  }
}
