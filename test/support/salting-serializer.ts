import { NativeSerializer } from '../../src/serializers/native.ts'
import { randomHex } from '../../src/session/random.ts'
import type { PrepareContext, Restored, Serializer, SerializerContext } from '../../src/contracts/serializer.ts'

const SALT_BYTES = 8
const SALT_CHARACTERS = 2 * SALT_BYTES

/** Writes the same value differently each time, as encryption does. Answers at once, or with promises. */
export class SaltingSerializer implements Serializer {
  readonly #inner: Serializer = new NativeSerializer()
  readonly #answersLater: boolean

  constructor(options: { readonly answersLater?: boolean } = {}) {
    this.#answersLater = options.answersLater ?? false
  }

  prepare(value: unknown, context: PrepareContext): string | undefined | Promise<string | undefined> {
    return this.#answer(salted(this.#inner.prepare(value, context)))
  }

  restore(text: string, context: SerializerContext): Restored | Promise<Restored> {
    return this.#answer(this.#inner.restore(text.slice(SALT_CHARACTERS), context))
  }

  #answer<Answer>(answer: Answer | Promise<Answer>): Answer | Promise<Answer> {
    return this.#answersLater ? Promise.resolve(answer) : answer
  }
}

function salted(text: string | undefined | Promise<string | undefined>): string | undefined {
  return typeof text === 'string' ? randomHex(SALT_BYTES) + text : undefined
}
