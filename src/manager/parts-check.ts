import { SessionError } from '../session/errors.ts'
import { checkFunction } from '../session/option-check.ts'
import { isObject } from '../session/plain.ts'
import type { SessionManagerOptions } from './options.ts'

type Parts<Data> = Pick<SessionManagerOptions<Data>, 'serializer' | 'schema' | 'upgradeData' | 'clock' | 'bags' | 'moveIn'>

// What the session itself keeps under these names.
const TAKEN = ['attributes', 'flash', 'metadata', '_token', '_meta', '__proto__']

/** Checks what runs only later, so that a mistake does not wait for the first request. @throws {SessionError} `ERR_SESSION_CONFIG`. */
export function checkParts<Data>({ serializer, schema, upgradeData, clock, bags, moveIn }: Parts<Data>): void {
  if (serializer !== undefined && !(has(serializer, 'prepare') && has(serializer, 'restore'))) {
    throw SessionError.config('serializer', 'must have the methods prepare and restore, such as new NativeSerializer().')
  }
  if (schema !== undefined && !has(schema?.['~standard'], 'validate')) {
    throw SessionError.config('schema', 'must be a Standard Schema, such as one of zod or valibot.')
  }
  if (moveIn !== undefined && !has(moveIn, 'revoke'))
    throw SessionError.config('moveIn', 'must be what moveInFrom of holdfast/move-in gives.')
  for (const [option, value] of Object.entries({ upgradeData, clock, bags })) checkFunction(option, value)
  if (bags !== undefined) checkBags(bags(), bags())
}

function checkBags(bags: unknown, others: unknown): void {
  if (!Array.isArray(bags) || !Array.isArray(others) || bags.some((bag) => others.includes(bag)))
    throw SessionError.config('bags', 'must give an array of new bags for each session.')
  const taken = new Set<unknown>(TAKEN)
  for (const bag of bags) {
    if (!(has(bag, 'initialize') && has(bag, 'clear')))
      throw SessionError.config('bags', 'each must have the methods initialize and clear.')
    const { name, storageKey }: { name?: unknown; storageKey?: unknown } = bag
    for (const text of new Set([name, storageKey])) {
      if (typeof text !== 'string' || text === '' || text.includes('.') || taken.has(text)) {
        throw SessionError.config('bags', `each needs a name and a storageKey of its own, without dots; '${String(text)}' is none.`)
      }
      taken.add(text)
    }
  }
}

function has(value: unknown, method: string): value is object {
  return isObject(value) && typeof Reflect.get(value, method) === 'function'
}
