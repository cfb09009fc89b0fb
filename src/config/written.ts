/** Where in a file something stands. Lines and columns count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

const blocks = new WeakSet<object>()

/** Notes that all values of a block are `Written`, or blocks. */
export function asBlock<Block extends object>(block: Block): Block {
  blocks.add(block)
  return block
}

/** Whether a value is a block of a file that says where its values stand. */
export function isBlock(value: unknown): value is object {
  return typeof value === 'object' && value !== null && blocks.has(value)
}

/** A value of a file that says where its values stand. */
export class Written {
  /** `undefined`: a variable that is not set, without a default. */
  readonly value: unknown
  readonly place: Place
  /** The environment variable that `value` is the text of. */
  readonly variable: string | undefined

  constructor(value: unknown, place: Place, variable?: string) {
    this.value = value
    this.place = place
    this.variable = variable
  }
}
