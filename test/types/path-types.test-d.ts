import { describe, expectTypeOf, it } from 'vitest'
import { AttributeBag } from '../../src/session/attribute-bag.ts'
import type { DefaultData, NumberPath, Path, PathInput, PathValue, SessionData } from '../../src/session/path-types.ts'

class Money {
  cents = 0
  plus(other: Money): Money {
    return other
  }
}

declare enum Color {
  Red = 'red',
  Blue = 'blue',
}

interface Data {
  user: { profile: { name: string; born?: Date; nick?: string | undefined }; id?: number } | null
  items: { name: string; tags: string[]; price: Money }[]
  grid: readonly (readonly { cell: number }[][])[]
  pair: [first: string, second: { n: number }]
  path: [string, ...{ n: number }[]]
  byName: Record<string, { count: number }>
  byNumber: Record<number, { text: string }>
  byColor: Record<Color, { stock: number }>
  byPrefix: Record<`id_${string}`, { count: number }>
  step: { kind: 'address'; street: string } | { kind: 'payment'; card: { last4: string } }
  visits: number
  maybe?: number | null
  'a.b': boolean
  a: { b: string; c: bigint }
  map: Map<string, { n: number }>
  open: unknown
  // oxlint-disable-next-line typescript/no-explicit-any -- applications have it
  loose: any
}

interface Comment {
  text: string
  replies: Comment[]
  parent?: Comment
  author: { name: string; comments: Comment[] }
}

declare const bag: AttributeBag<Data>
declare const index: number
declare const name: string
declare const color: Color

describe('reading', () => {
  it('gives the declared type, or undefined: a session may be empty', () => {
    expectTypeOf(bag.get('visits')).toEqualTypeOf<number | undefined>()
    expectTypeOf(bag.get('user.profile.name')).toEqualTypeOf<string | undefined>()
    expectTypeOf(bag.get('user')).toEqualTypeOf<Data['user'] | undefined>()
    expectTypeOf(bag.get('maybe')).toEqualTypeOf<number | null | undefined>()
    expectTypeOf(bag.pull('user.id')).toEqualTypeOf<number | undefined>()
  })

  it('with a default, undefined is gone and null is not', () => {
    expectTypeOf(bag.get('visits', 0)).toEqualTypeOf<number>()
    expectTypeOf(bag.get('user.profile.name', null)).toEqualTypeOf<string | null>()
    expectTypeOf(bag.get('maybe', 'none')).toEqualTypeOf<number | string | null>()
    expectTypeOf(bag.pull('byName', null)).toEqualTypeOf<Data['byName'] | null>()
  })

  it('a default that fits adds nothing to the type: an empty list can be pushed to', () => {
    expectTypeOf(bag.get('items', [])).toEqualTypeOf<Data['items']>()
    expectTypeOf(bag.pull('items', [])).toEqualTypeOf<Data['items']>()
    expectTypeOf(bag.get('byName', {})).toEqualTypeOf<Data['byName']>()
    expectTypeOf(bag.get('step.kind', 'payment')).toEqualTypeOf<'address' | 'payment'>()
    expectTypeOf(bag.get('step.kind', 'none')).toEqualTypeOf<string>()
    expectTypeOf(bag.get('open.x', [])).toEqualTypeOf<unknown>()
    bag.get('items.0.tags', []).push('new')
  })

  it('goes into arrays by index, written out or not, and through three of them', () => {
    expectTypeOf(bag.get('items.0')).toEqualTypeOf<Data['items'][number] | undefined>()
    expectTypeOf(bag.get('items.0.name')).toEqualTypeOf<string | undefined>()
    expectTypeOf(bag.get(`items.${index}.tags.${index}`)).toEqualTypeOf<string | undefined>()
    expectTypeOf(bag.get('grid.0.1.2.cell')).toEqualTypeOf<number | undefined>()
    expectTypeOf(bag.get(`grid.${index}.${index}.${index}.cell`)).toEqualTypeOf<number | undefined>()
    expectTypeOf(bag.get('pair.0')).toEqualTypeOf<string | undefined>()
    expectTypeOf(bag.get('pair.1.n')).toEqualTypeOf<number | undefined>()
  })

  it('goes into records and into each member of a union', () => {
    expectTypeOf(bag.get('byName.anything.count')).toEqualTypeOf<number | undefined>()
    expectTypeOf(bag.get(`byName.${name}.count`)).toEqualTypeOf<number | undefined>()
    expectTypeOf(bag.get('byNumber.7.text')).toEqualTypeOf<string | undefined>()
    expectTypeOf(bag.get('byPrefix.id_7.count')).toEqualTypeOf<number | undefined>()
    expectTypeOf(bag.get('step.kind')).toEqualTypeOf<'address' | 'payment' | undefined>()
    expectTypeOf(bag.get('step.card.last4')).toEqualTypeOf<string | undefined>()
  })

  it('goes into what has the members of an enum as its keys, written out or not', () => {
    expectTypeOf(bag.get('byColor.red')).toEqualTypeOf<{ stock: number } | undefined>()
    expectTypeOf(bag.get('byColor.red.stock')).toEqualTypeOf<number | undefined>()
    expectTypeOf(bag.get(`byColor.${color}.stock`)).toEqualTypeOf<number | undefined>()
    // @ts-expect-error -- no member
    bag.get('byColor.green')
  })

  it('takes a key with a dot in it as it is written', () => {
    expectTypeOf(bag.get('a.b')).toEqualTypeOf<boolean | undefined>()
    expectTypeOf(bag.get('a.c')).toEqualTypeOf<bigint | undefined>()
  })

  it('goes into data that has an index signature itself, beside names or alone', () => {
    const mixed = new AttributeBag<{ user: { name: string }; 'a.b': boolean; [other: string]: unknown }>()
    expectTypeOf(mixed.get('user.name')).toEqualTypeOf<string | undefined>()
    expectTypeOf(mixed.get('a.b')).toEqualTypeOf<boolean | undefined>()
    expectTypeOf(mixed.get('other.x')).toEqualTypeOf<unknown>()
    const counts = new AttributeBag<Record<string, { count: number }>>()
    expectTypeOf(counts.get(name)).toEqualTypeOf<{ count: number } | undefined>()
    expectTypeOf(counts.get('x.count')).toEqualTypeOf<number | undefined>()
    counts.set('x.count', 5)
    counts.increment(`${name}.count`)
    // @ts-expect-error -- `x` holds objects, `x.count` does not
    counts.set('x.count', { count: 5 })
    // @ts-expect-error -- misspelt
    mixed.get('user.nmae')
  })

  it('goes into a tuple that ends in any number of elements', () => {
    expectTypeOf(bag.get('path.0')).toEqualTypeOf<string | undefined>()
    expectTypeOf(bag.get('path.1.n')).toEqualTypeOf<number | undefined>()
    // @ts-expect-error -- the first is a text
    bag.set('path.0', { n: 1 })
  })

  it('under unknown and any every key is right', () => {
    expectTypeOf(bag.get('open.x.y')).toEqualTypeOf<unknown>()
    expectTypeOf(bag.get('loose.x.y')).toBeAny()
    expectTypeOf(bag.get('open.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17')).toEqualTypeOf<unknown>()
  })

  it('stops at what has methods', () => {
    expectTypeOf(bag.get('user.profile.born')).toEqualTypeOf<Date | undefined>()
    expectTypeOf(bag.get('map')).toEqualTypeOf<Data['map'] | undefined>()
    expectTypeOf(bag.get('items.0.price')).toEqualTypeOf<Money | undefined>()
  })

  it('follows a recursive type for 16 segments', () => {
    const thread = new AttributeBag<{ root: Comment }>()
    expectTypeOf(thread.get('root.replies.0.author.comments.1.parent.text')).toEqualTypeOf<string | undefined>()
    thread.get('root.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.text')
    // @ts-expect-error -- 17
    thread.get('root.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.text')
    // @ts-expect-error -- a misspelt end, deep down
    thread.get('root.replies.0.author.comments.1.parent.txt')
  })
})

describe('writing', () => {
  it('takes the declared type', () => {
    bag.set('user.profile.name', 'x')
    bag.set('user', null)
    bag.set(`items.${index}.tags.0`, 'x')
    bag.set('user.profile.born', new Date())
    bag.set('user.profile.nick', undefined)
    bag.set('a.b', true)
    bag.set('open.x', 1)
    expectTypeOf<PathInput<Data, 'user.id'>>().toEqualTypeOf<number>()
    expectTypeOf<PathInput<Data, 'maybe'>>().toEqualTypeOf<number | null>()
  })

  it('refuses any other', () => {
    // @ts-expect-error -- not a string
    bag.set('user.profile.name', 5)
    // @ts-expect-error -- an optional value is removed by forget, not by undefined
    bag.set('user.id', undefined)
    // @ts-expect-error -- a required one too
    bag.set('visits', undefined)
    // @ts-expect-error -- the literal key holds a boolean
    bag.set('a.b', 'x')
    // @ts-expect-error -- neither kind of step has this
    bag.set('step.kind', 'other')
  })
})

describe('what is no key', () => {
  it('does not compile', () => {
    // @ts-expect-error -- misspelt
    bag.get('usr')
    // @ts-expect-error -- misspelt below
    bag.get('user.profile.nmae')
    // @ts-expect-error -- not finished
    bag.get('user.')
    // @ts-expect-error -- an array has no names
    bag.get('items.first')
    // @ts-expect-error -- and no length
    bag.get('items.length')
    // @ts-expect-error -- not in what the elements are
    bag.get('items.0.nmae')
    // @ts-expect-error -- too far for a tuple
    bag.get('pair.2')
    // @ts-expect-error -- not as the record's keys begin
    bag.get('byPrefix.7.count')
    // @ts-expect-error -- not in what the record holds
    bag.get('byName.anything.cuont')
    // @ts-expect-error -- a text has no parts
    bag.get('user.profile.name.length')
    // @ts-expect-error -- a Map is no branch
    bag.get('map.size')
    // @ts-expect-error -- nor is a Date
    bag.get('user.profile.born.getTime')
    // @ts-expect-error -- nor is what has methods
    bag.get('items.0.price.cents')
    // @ts-expect-error -- in no member of the union
    bag.get('step.city')
    // @ts-expect-error -- any text could be anything
    bag.get(name)
    // @ts-expect-error -- no text at all
    bag.get(5)
    // @ts-expect-error -- has() checks too
    bag.has('usr')
    // @ts-expect-error -- forget() checks too
    bag.forget('usr')
    // @ts-expect-error -- pull() checks too
    bag.pull('usr')
  })
})

describe('increment', () => {
  it('takes keys of numbers only', () => {
    expectTypeOf(bag.increment('visits')).toEqualTypeOf<number>()
    bag.increment('maybe', 2)
    bag.increment('user.id')
    bag.increment(`grid.${index}.0.0.cell`)
    bag.increment('open.count')
    // @ts-expect-error -- a text
    bag.increment('user.profile.name')
    // @ts-expect-error -- a bigint
    bag.increment('a.c')
    // @ts-expect-error -- misspelt
    bag.increment('vists')
  })
})

describe('without a data type', () => {
  it('every text is a key, and values are unknown', () => {
    const open = new AttributeBag()
    expectTypeOf<keyof SessionData>().toEqualTypeOf<never>()
    expectTypeOf<DefaultData>().toEqualTypeOf<Record<string, unknown>>()
    expectTypeOf(open.get('a.b.c')).toEqualTypeOf<unknown>()
    expectTypeOf(open.get(name)).toEqualTypeOf<unknown>()
    expectTypeOf(open.increment(name)).toEqualTypeOf<number>()
    open.set(`a.${name}.b`, { any: 'thing' })
    // @ts-expect-error -- still a text
    open.get(5)
  })
})

describe('a class of an application', () => {
  it('can pass keys on without a cast', () => {
    class Wrapper<Own extends object> {
      readonly #bag = new AttributeBag<Own>()

      read<P extends string>(key: Path<Own, P>): PathValue<Own, P> {
        return this.#bag.get(key)
      }

      write<P extends string>(key: Path<Own, P>, value: PathInput<Own, P>): void {
        this.#bag.set<P>(key, value)
      }

      count<P extends string>(key: NumberPath<Own, P>): number {
        return this.#bag.increment<P>(key)
      }
    }
    const wrapper = new Wrapper<Data>()
    expectTypeOf(wrapper.read('user.profile.name')).toEqualTypeOf<string | undefined>()
    wrapper.write('user.profile.name', 'x')
    wrapper.count('visits')
    // @ts-expect-error -- misspelt
    wrapper.read('usr')
  })
})
