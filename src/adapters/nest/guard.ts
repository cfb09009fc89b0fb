import type { CanActivate } from '@nestjs/common'
import type { Next } from '../node/passage.ts'
import { asException } from './exception.ts'
import { exchangeOf, openedIn, passesWithout } from './http-context.ts'
import type { HttpExchange } from './http-context.ts'

/** A check that goes on, or refuses, in the same call. */
export type GuardStep = (exchange: HttpExchange, next: Next) => void

/** Makes a guard of Nest. Where a request has no session because it is to have none, `decides` says whether the check is asked all the same. */
export function guardOf(layer: string, check: GuardStep, decides = false): CanActivate {
  return {
    canActivate(context) {
      const exchange = exchangeOf(context, layer)
      if (!decides || !passesWithout(exchange)) openedIn(exchange, layer)
      let isLetIn = false
      let refusal: unknown
      check(exchange, (error?: unknown) => {
        isLetIn = error === undefined
        refusal = asException(error)
      })
      if (refusal !== undefined) throw refusal
      return isLetIn
    },
  }
}
