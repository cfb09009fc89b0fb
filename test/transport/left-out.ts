/** Cases by their titles, each with the reason why a framework cannot have it. */
export type LeftOut = Readonly<Record<string, string>>

/** At most three a framework, and none of lost updates, aborted requests, errors or streams. Each reason lies in the framework. */
export const LEFT_OUT: Readonly<Record<string, LeftOut>> = {}

const MOST_LEFT_OUT = 3

/** @throws when a framework leaves out more than it may, what nobody may, or what there is not. */
export function checkLeftOut(name: string, leftOut: LeftOut, cases: ReadonlyMap<string, { readonly mayBeLeftOut: boolean }>): void {
  const titles = Object.keys(leftOut)
  if (titles.length > MOST_LEFT_OUT) throw new Error(`${name} leaves out more than ${MOST_LEFT_OUT} cases`)
  for (const title of titles) {
    const found = cases.get(title)
    if (found === undefined) throw new Error(`${name} leaves out a case that there is not: ${title}`)
    if (!found.mayBeLeftOut) throw new Error(`${name} may not leave out '${title}'`)
  }
}
