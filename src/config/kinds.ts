import { booleanOption, choiceOption, integerOption, numberOption, shown } from '../session/option-check.ts'
import { SessionError } from '../session/errors.ts'
import type { Kind } from './fields.ts'

const YES = ['true', '1', 'on', 'yes']
const NO = ['false', '0', 'off', 'no']
const WORDS = 'true, false, 1, 0, on, off, yes or no'
/** No exponent, no sign, no space: what else could be meant is not guessed. */
const NUMBER = /^\d{1,15}(?:\.\d{1,6})?$/

/**
 * Checks a value that a file or a program gave, and gives it as the rest of the library has it.
 * @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option as it was written.
 */
export function checkedValue(option: string, kind: Kind, value: unknown): unknown {
  switch (kind.is) {
    case 'text':
      if (typeof value === 'string' && value !== '') return value
      throw SessionError.config(option, `must be a text, and not empty; not ${shown(value)}.`)
    case 'texts':
      if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return [...value]
      throw SessionError.config(option, `must be an array of texts, not ${shown(value)}.`)
    case 'boolean':
      return booleanOption(option, value, false)
    case 'choice':
      return choiceOption(option, inAnyCase(kind.of, value), '', kind.of)
    case 'whole':
      return integerOption(option, value, 0, kind.from, kind.to)
    case 'number':
      return numberOption(option, value, 0, kind.limit, 0)
    case 'value':
      return value
  }
}

/**
 * Reads a text of the environment as what an option must be.
 * @throws {SessionError} `ERR_SESSION_CONFIG`, naming the option, the variable, and what is allowed.
 */
export function parsedText(option: string, kind: Kind, text: string, variable: string): unknown {
  const refuse = (allowed: string): never => {
    throw SessionError.config(option, `the environment variable ${variable} must be ${allowed}, not ${shown(text)}.`)
  }
  if (kind.is === 'text' || kind.is === 'value') return text
  if (kind.is === 'texts') return refuse('left out: a list stands in the configuration file')
  if (kind.is === 'boolean') return yesOrNo(text) ?? refuse(WORDS)
  if (kind.is === 'choice') {
    const allowed = kind.of.filter((one) => typeof one === 'string')
    const mayBeYes = allowed.length < kind.of.length
    const word = inAnyCase(allowed, text)
    if (allowed.some((one) => one === word)) return word
    return (mayBeYes ? yesOrNo(text) : undefined) ?? refuse([...(mayBeYes ? [WORDS] : []), ...allowed].join(', or '))
  }
  const value = NUMBER.test(text) ? Number(text) : Number.NaN
  const isAllowed =
    kind.is === 'whole'
      ? Number.isInteger(value) && value >= kind.from && value <= kind.to
      : kind.limit === 'above'
        ? value > 0
        : value >= 0
  return isAllowed ? value : refuse(numbers(kind))
}

function numbers(kind: Kind & { readonly is: 'whole' | 'number' }): string {
  if (kind.is === 'number') return `a number ${kind.limit} 0, in plain digits`
  return kind.to === Number.MAX_SAFE_INTEGER ? `a whole number from ${kind.from} on` : `a whole number from ${kind.from} to ${kind.to}`
}

function yesOrNo(text: string): boolean | undefined {
  const word = text.toLowerCase()
  return YES.includes(word) ? true : NO.includes(word) ? false : undefined
}

/** Browsers and the PHP library take `lax` for `Lax`: what is the same but for upper and lower case is the same. */
function inAnyCase(of: readonly (string | boolean)[], value: unknown): unknown {
  if (typeof value !== 'string') return value
  return of.find((one) => typeof one === 'string' && one.toLowerCase() === value.toLowerCase()) ?? value
}
