import type { StoreKey } from '../session/id.ts'

/** Where a text belongs: a sealed one opens nowhere else. */
export interface SerializerContext {
  readonly key: StoreKey
  readonly field: 'payload' | 'flash'
}

/** Where a text is to go, and what stands there. */
export interface PrepareContext extends SerializerContext {
  /** What `restore` gave as `loaded`, while it is the same field of the same record. */
  readonly loaded?: string | undefined
  /**
   * True when `restore` made the value from `loaded`, and all that was put into it since are texts, booleans, `null` and numbers that JSON
   * keeps: then nothing in it needs to be looked for that a text of that kind cannot hold.
   */
  readonly isSimplyChanged?: boolean
}

/** What a text holds. */
export interface Restored {
  readonly value: unknown
  /** The plain text, before any sealing: `prepare` compares with it. */
  readonly loaded: string
  /** True when the text should be written again though nothing changed, such as one sealed under an old key. */
  readonly stale: boolean
}

/**
 * Makes text of values and values of text. Either may answer with a promise; only a promise is awaited.
 */
export interface Serializer {
  /**
   * Gives the text, or `undefined` when `loaded` shows that nothing changed.
   * @throws {SessionError} `ERR_SESSION_SERIALIZATION_FAILED`, naming the path, for a value that no text can hold.
   */
  prepare(value: unknown, context: PrepareContext): string | undefined | Promise<string | undefined>
  /**
   * Gives back the value. It builds data only: no stored text makes an instance of a class or runs code.
   * @throws {SessionError} `ERR_SESSION_DESERIALIZATION_FAILED` for a text that is not its own.
   */
  restore(text: string, context: SerializerContext): Restored | Promise<Restored>
  /**
   * True when address and user agent of a session belong into its payload, and into no column beside it. Left out: they are in the record's columns,
   * where a list can show them.
   */
  readonly takesMetadata?: boolean
  /**
   * Makes ready what the first text needs, such as keys that must be fetched. The manager calls it when it opens the store; a second call does nothing.
   *
   * @param report What to tell of later failures that no request could be told.
   */
  open?(report: (operation: string, cause: unknown) => void): Promise<void>
}

/** A serializer whose texts are sealed under keys that have names. */
export interface SealingSerializer extends Serializer {
  /** The name of the key that a text says it is sealed under; `undefined` for a text that is not sealed. Nothing is opened. */
  keyNameOf(text: string): string | undefined
  /**
   * Seals the same plain text again under the key that seals now; `undefined` when it is under that key already.
   * @throws {SessionError} `ERR_SESSION_DESERIALIZATION_FAILED` for a text that cannot be opened.
   */
  reseal(text: string, context: SerializerContext): string | undefined | Promise<string | undefined>
}
