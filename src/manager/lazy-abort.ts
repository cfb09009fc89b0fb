/** An abort signal that costs nothing until somebody asks for it. */
export class LazyAbort {
  #controller: AbortController | undefined
  #aborted: { readonly cause: unknown } | undefined

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.cause)
    }
    return this.#controller.signal
  }

  /** Aborts the signal, also one that is asked for later. The first cause counts. */
  abort(cause: unknown): void {
    this.#aborted ??= { cause }
    this.#controller?.abort(cause)
  }
}
