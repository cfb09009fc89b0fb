/** A second, slower account of dotted keys: Maps in place of objects, and a new tree for each change. */
export type Node = Map<string, Node> | readonly Node[] | Leaf
type Leaf = string | number | boolean | null

export const REFUSED = Symbol('refused')
const MISSING = Symbol('missing')
const FORBIDDEN = ['__proto__', 'constructor', 'prototype']

export function modelGet(root: Map<string, Node>, key: string): Node | undefined {
  if (root.has(key)) return root.get(key)
  const found = key.split('.').reduce<Node | typeof MISSING>((node, segment) => childOf(node, segment), root)
  return found === MISSING ? undefined : found
}

export function modelSet(root: Map<string, Node>, key: string, value: Node): Map<string, Node> | typeof REFUSED {
  const segments = key.split('.')
  if (segments.some((segment) => FORBIDDEN.includes(segment))) return REFUSED
  if (root.has(key)) return new Map(root).set(key, value)
  const next = replaced(root, segments, value)
  return next instanceof Map ? next : REFUSED
}

export function modelForget(root: Map<string, Node>, key: string): Map<string, Node> {
  if (root.has(key)) return withoutKey(root, key)
  const next = removed(root, key.split('.'))
  return next instanceof Map ? next : root
}

/** The tree as plain data. */
export function plainOf(node: Node): unknown {
  if (node instanceof Map) return Object.fromEntries([...node].map(([key, child]) => [key, plainOf(child)]))
  return typeof node === 'object' && node !== null ? node.map(plainOf) : node
}

/** Plain data as a tree. */
export function nodeOf(value: unknown): Node {
  if (Array.isArray(value)) return value.map(nodeOf)
  if (typeof value === 'object' && value !== null) return new Map(Object.entries(value).map(([key, child]) => [key, nodeOf(child)]))
  return value as Leaf
}

function childOf(node: Node | typeof MISSING, segment: string): Node | typeof MISSING {
  if (node instanceof Map) return node.has(segment) ? (node.get(segment) ?? null) : MISSING
  if (!isList(node)) return MISSING
  const index = node.findIndex((_child, candidate) => String(candidate) === segment)
  return index === -1 ? MISSING : (node[index] ?? null)
}

function replaced(node: Node | typeof MISSING, segments: readonly string[], value: Node): Node | typeof REFUSED {
  const [segment, ...rest] = segments
  if (segment === undefined) return value
  if (isList(node)) {
    const index = [...node.keys(), node.length].find((candidate) => String(candidate) === segment)
    if (index === undefined) return REFUSED
    const child = replaced(node[index] ?? MISSING, rest, value)
    return child === REFUSED ? REFUSED : [...node.slice(0, index), child, ...node.slice(index + 1)]
  }
  const map = node instanceof Map ? node : new Map<string, Node>()
  const child = replaced(childOf(map, segment), rest, value)
  return child === REFUSED ? REFUSED : new Map(map).set(segment, child)
}

function removed(node: Node | typeof MISSING, segments: readonly string[]): Node | typeof MISSING {
  const [segment = '', ...rest] = segments
  if (childOf(node, segment) === MISSING || node === MISSING) return MISSING
  if (rest.length === 0) {
    if (node instanceof Map) return withoutKey(node, segment)
    return isList(node) ? node.filter((_child, index) => String(index) !== segment) : MISSING
  }
  const child = removed(childOf(node, segment), rest)
  if (child === MISSING) return MISSING
  if (node instanceof Map) return new Map(node).set(segment, child)
  return isList(node) ? node.map((other, index) => (String(index) === segment ? child : other)) : MISSING
}

function isList(node: Node | typeof MISSING): node is readonly Node[] {
  return Array.isArray(node)
}

function withoutKey(map: Map<string, Node>, key: string): Map<string, Node> {
  return new Map([...map].filter(([other]) => other !== key))
}
