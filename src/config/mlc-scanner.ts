import { SessionError } from '../session/errors.ts'
import type { Place } from './written.ts'

/** Goes through a text from left to right, and knows where it is. */
export class MlcScanner {
  readonly #text: string
  readonly #name: string
  #at = 0
  #line = 1
  #lineStart = 0

  constructor(text: string, name: string) {
    this.#text = text.startsWith('\uFEFF') ? text.slice(1) : text
    this.#name = name
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** The next character that is no space within the line; '' at the end. */
  get next(): string {
    let at = this.#at
    while (this.#text[at] === ' ' || this.#text[at] === '\t') at++
    return this.#text[at] ?? ''
  }

  get place(): Place {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 }
  }

  /** Takes what a sticky expression finds here. */
  match(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.#text)?.[0]
    if (found !== undefined) this.#go(found)
    return found
  }

  /** Takes this text, and spaces before it. */
  take(text: string, otherwise = `expected ${text}`): void {
    this.match(/[ \t]*/y)
    if (!this.#text.startsWith(text, this.#at)) throw this.refusal(`${otherwise}.`)
    this.#go(text)
  }

  /** Passes over spaces, line ends and comments. */
  skipBlank(): void {
    this.match(/(?:[ \t\r\n]+|#[^\n]*)*/y)
  }

  /** Passes over the rest of a line, in which only a comment may stand. */
  endLine(rule: string): void {
    this.match(/[ \t]*/y)
    if (this.isAtEnd || this.match(/(?:#[^\n]*|\r)?(?:\n|$)/y) !== undefined) return
    throw this.refusal(`${rule}.`)
  }

  /** An error with the place that it is about. */
  refusal(problem: string, { line, column }: Place = this.place): SessionError {
    return SessionError.config('file', `${this.#name}, line ${line}, column ${column}: ${problem}`)
  }

  #go(text: string): void {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      this.#line++
      this.#lineStart = this.#at + at + 1
    }
    this.#at += text.length
  }
}
