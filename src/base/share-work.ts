/** @file Work that several need is made once, when it is first asked for. What fails is made again. */

/** Makes something when it is first asked for. */
export function once<T>(make: () => Promise<T>): { (): Promise<T>; made(): Promise<T> | undefined } {
  let made: Promise<T> | undefined
  return Object.assign(() => (made ??= make()), { made: () => made })
}

/** A place for shared work by key, and for what is made of an object by key. */
export function shareWork() {
  const works = new Map<string, Promise<unknown>>()
  const worksOf = new WeakMap<object, Map<string, Promise<unknown>>>()
  return {
    shared: <T>(key: string, make: () => Promise<T>): Promise<T> => onceIn(works, key, make),
    sharedFor: <T>(owner: object, key: string, make: () => Promise<T>): Promise<T> => {
      const own = worksOf.get(owner) ?? new Map<string, Promise<unknown>>()
      worksOf.set(owner, own)
      return onceIn(own, key, make)
    },
  }
}

function onceIn<T>(works: Map<string, Promise<unknown>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = works.get(key)
  if (known) return known as Promise<T>
  const made = make()
  works.set(key, made)
  made.catch(() => works.delete(key))
  return made
}
