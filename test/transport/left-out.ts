/** Cases by their titles, each with the reason why a framework cannot have it. */
export type LeftOut = Readonly<Record<string, string>>

/** At most three a framework, and none of lost updates, aborted requests, errors or streams. Each reason lies in the framework. */
export const LEFT_OUT: Readonly<Record<string, LeftOut>> = {}
