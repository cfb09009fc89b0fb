import { SessionError } from '../session/errors.ts'

const DEEPEST = 16

/**
 * Reads a configuration in JSON. A key `//` is a comment, at any depth.
 * @throws {SessionError} `ERR_SESSION_CONFIG` for what is no JSON, or nested too deep.
 */
export function parseJsonConfig(text: string, name: string): unknown {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    // V8's message quotes the text around the place, which may be a key.
    const at = /at position \d+(?: \(line \d+ column \d+\))?/.exec(error instanceof Error ? error.message : '')?.[0]
    throw SessionError.config('file', `${name} is no valid JSON${at === undefined ? '' : `: look ${at}`}.`)
  }
  return withoutComments(content, name, 0)
}

function withoutComments(content: unknown, name: string, depth: number): unknown {
  if (depth > DEEPEST) throw SessionError.config('file', `${name} is nested deeper than ${DEEPEST} levels.`)
  if (Array.isArray(content)) return content.map((part) => withoutComments(part, name, depth + 1))
  if (typeof content !== 'object' || content === null) return content
  const entries = Object.entries(content).filter(([key]) => key !== '//')
  // It makes an own `__proto__` of one, which is then refused as not known.
  return Object.fromEntries(entries.map(([key, part]) => [key, withoutComments(part, name, depth + 1)]))
}
