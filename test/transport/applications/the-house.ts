import type { House } from '../house.ts'

// A built application is a bundle of its own: what the test makes is handed to it where both can look.
const kHouse = Symbol.for('holdfast: the house of a built application')

/** Says for whom the application answers from now on. */
export function giveHouse(house: House): void {
  Reflect.set(globalThis, kHouse, house)
}

/** The house for which the application answers. */
export function theHouse(): House {
  const house: House | undefined = Reflect.get(globalThis, kHouse)
  if (house === undefined) throw new Error('This application is started by its test.')
  return house
}

/** Makes something once for each house: an application is built before its houses are. */
export function perHouse<Made>(make: (house: House) => Made): () => Made {
  const made = new WeakMap<House, { readonly value: Made }>()
  return () => {
    const house = theHouse()
    const known = made.get(house) ?? { value: make(house) }
    made.set(house, known)
    return known.value
  }
}
