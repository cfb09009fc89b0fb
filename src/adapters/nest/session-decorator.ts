import { createParamDecorator } from '@nestjs/common'
import type { ExecutionContext } from '@nestjs/common'
import type { DefaultData } from '../../session/path-types.ts'
import type { Session as HoldfastSession } from '../../session/session.ts'
import { exchangeOf, sessionIn } from './http-context.ts'

/** The visitor's session: the type of a parameter that `@Session()` fills. */
export type Session<Data extends object = DefaultData> = HoldfastSession<Data>

/**
 * Hands a controller's method the session of its request: `home(@Session() session: Session)`. With a name it is the one that was mounted `as` that:
 * `@Session('staff')`. On a path that is excepted from sessions it is `undefined`.
 *
 * The name is that of the type too. `Session` of `@nestjs/common` reads `request.session`, and knows no other name.
 * @throws {SessionError} `ERR_SESSION_CONFIG`, into the exception filters, where no session of the name is mounted, and in gateways and resolvers.
 */
export const Session: (as?: string) => ParameterDecorator = createParamDecorator((as: string | undefined, context: ExecutionContext) =>
  sessionIn(exchangeOf(context, 'Session'), as ?? 'session'),
)
