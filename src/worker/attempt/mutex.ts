/** A mutex: runs the actions that it is given one at a time, in the order in which they came. */
export type Mutex = <T>(act: () => Promise<T>) => Promise<T>;

/** Makes a mutex. An action starts once all before it are done, also when one of them failed. */
export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const done = last.then(act, act);
    last = done.catch(() => {});
    return done;
  };
}
