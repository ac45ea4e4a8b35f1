/** Runs actions of one kind one after another, in the order in which they were asked for. */
export type Serialize = <T>(act: () => Promise<T>) => Promise<T>;

/** Makes a queue of its own: an action starts once all before it are done, also when one of them failed. */
export function createSerialize(): Serialize {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const done = last.then(act, act);
    last = done.catch(() => {});
    return done;
  };
}
