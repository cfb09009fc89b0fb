/** The first element of each script's answer. */
export const ABSENT = 0
export const DONE = 1
export const BUSY = 2
export const CONFLICT = 3
export const LOST = 4
/** A key of another type, or a header that this version did not write. */
export const UNREADABLE = 5
/** An update would give the session to another user, whose index must be written first. */
export const OTHER_USER = 6

/** There are no others. */
export const ANSWERS: ReadonlySet<number> = new Set([ABSENT, DONE, BUSY, CONFLICT, LOST, UNREADABLE, OTHER_USER])
