import { DONE } from '../answers.ts'
import { readHead } from './parts.ts'
import { type Script, script } from './script.ts'

/** Tries what the other scripts need, on a key that is not there: the clock, reading it, packing numbers. */
export const PROBE: Script = script('probe', readHead(), `return { ${DONE}, now, struct.pack('>I6', now) }`)
