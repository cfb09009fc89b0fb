/** Runs the acts of one session one after the other, whether their callers await them or not. */
export class Acts {
  #last: Promise<void> | undefined

  /** What is under way; it never rejects. `undefined` when nothing is. */
  get underWay(): Promise<void> | undefined {
    return this.#last
  }

  run<Result>(act: () => Promise<Result>): Promise<Result> {
    const result = this.#last === undefined ? act() : this.#last.then(act)
    const settled: Promise<void> = result.then(
      () => this.#clear(settled),
      () => this.#clear(settled),
    )
    this.#last = settled
    return result
  }

  #clear(settled: Promise<void>): void {
    if (this.#last === settled) this.#last = undefined
  }
}
