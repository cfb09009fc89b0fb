import type { SessionEventKind } from '../contracts/events.ts'
import { isObject } from '../session/plain.ts'
import { builtin } from '../session/runtime.ts'

/** What is used of a channel of `node:diagnostics_channel`. */
interface Channel {
  readonly hasSubscribers: boolean
  publish(message: object): void
}

const diagnostics = builtin('node:diagnostics_channel')
const channels: { [Kind in SessionEventKind]?: Channel | undefined } = {}

/** The channel that carries one kind of event of all managers; `undefined` where the runtime has no channels. */
export function channelOf(kind: SessionEventKind): Channel | undefined {
  return diagnostics && (channels[kind] ??= channelNamed(`holdfast:session:${kind}`))
}

function channelNamed(name: string): Channel | undefined {
  const open: unknown = Reflect.get(diagnostics ?? {}, 'channel')
  const channel: unknown = typeof open === 'function' ? Reflect.apply(open, diagnostics, [name]) : undefined
  return isChannel(channel) ? channel : undefined
}

function isChannel(made: unknown): made is Channel {
  return isObject(made) && 'hasSubscribers' in made && 'publish' in made
}
