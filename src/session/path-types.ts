/**
 * What your sessions hold, for every session of the application. It is empty; fill it once, anywhere:
 * `declare module 'holdfast' { interface SessionData { user: { name: string } } }`.
 */
export interface SessionData {}

/** The data type of a session that was given none: `SessionData` once it is filled, else anything under any key. */
export type DefaultData = [keyof SessionData] extends [never] ? Record<string, unknown> : SessionData

/**
 * `P` when it is a dotted key of `Data`; else the keys that would be right there, which the compiler then names.
 *
 * Objects, unions, records, tuples and arrays (`items.0.name`, or `items.${i}.name` with a number) are descended into. What
 * has methods (`Date`, `Map`, a class instance) is a leaf. A key that `Data` names with a dot in it is taken as it is written.
 * Under `unknown` and `any` every key is right. Any other key has at most 16 segments. Only the key at hand is descended along, so that a wide
 * or recursive `Data` costs nothing.
 */
export type Path<Data, P extends string> = P extends Named<Data> ? P : Checked<Data, P, '', []>

/** What `get` gives at the key `P`. A session may be empty, so `undefined` is always possible. */
export type PathValue<Data, P extends string> =
  // The detour over `infer` makes editors show `string | undefined` and not the name of this type.
  PathInput<Data, P> extends infer Value ? Value | undefined : never

/** What `get` gives at the key `P` with a default. One that fits, such as `[]` for a list, adds nothing to the type. */
export type PathValueOr<Data, P extends string, Fallback> =
  Exclude<PathValue<Data, P>, undefined> extends infer Value ? ([Fallback] extends [Value] ? Value : Value | Fallback) : never

/** What `set` takes at the key `P`. */
export type PathInput<Data, P extends string> = P extends Named<Data> ? Property<Data, P> : Declared<Data, P>

/** `P` when it is a dotted key of `Data` that leads to a number; else what is no key. */
export type NumberPath<Data, P extends string> =
  unknown extends PathValue<Data, P> ? Path<Data, P> : PathValue<Data, P> extends number | null | undefined ? Path<Data, P> : never

// Only keys that are written out: an index signature would take `a.b` for a key of its own, where it leads to the `b` of an `a`. `keyof` has no
// names beside `string`, and the mapped type, which has them, is made anew for each key that is looked at.
type Named<T> = string extends keyof T ? keyof { [K in keyof T as Name<K>]: 1 } : Name<keyof T>
type Name<K extends PropertyKey> = K extends string ? ({} extends Record<K, 1> ? never : K) : never

type Checked<T, P extends string, Done extends string, Steps extends 1[]> =
  IsOpen<T> extends true
    ? `${Done}${P}`
    : Steps['length'] extends 16
      ? never
      : P extends `${infer Head}.${infer Rest}`
        ? [Child<T, Head>] extends [never]
          ? `${Done}${Keys<T>}`
          : Checked<Child<T, Head>, Rest, `${Done}${Head}.`, [...Steps, 1]>
        : [Child<T, P>] extends [never]
          ? `${Done}${Keys<T>}`
          : `${Done}${P}`

type Declared<T, P extends string> = P extends `${infer Head}.${infer Rest}` ? Declared<Child<T, Head>, Rest> : Child<T, P>

// `never` where there is no such child. Each arm after the first is taken for every member of a union by itself.
type Child<T, K extends string> =
  IsOpen<T> extends true
    ? T
    : T extends readonly unknown[]
      ? K extends `${number}`
        ? Element<T, K>
        : never
      : T extends object
        ? HasMethods<T> extends true
          ? never
          : Property<T, K>
        : never

type Element<T extends readonly unknown[], K> = K extends keyof T ? T[K] : number extends T['length'] ? T[number] : never

// `Required` takes `undefined` from optional properties: what is written is a value, what is read gets its `undefined` back.
type Property<T, K extends string> = K extends keyof T ? Required<T>[K] : Written<T, keyof T, K>

// What is under the key that is written so: a number, or a member of an enum.
type Written<T, Key extends keyof T, K extends string> = Key extends string | number
  ? K extends `${Key}`
    ? Required<T>[Key]
    : never
  : never

type Keys<T> = T extends readonly unknown[]
  ? number extends T['length']
    ? `${number}`
    : Extract<keyof T, `${number}`>
  : T extends object
    ? HasMethods<T> extends true
      ? never
      : `${keyof T & (string | number)}`
    : never

type HasMethods<T> = [{ [K in keyof T]-?: FunctionsOf<T[K]> }[keyof T]] extends [never] ? false : true
type FunctionsOf<T> = IsAny<T> extends true ? never : Extract<NonNullable<T>, (...args: never) => unknown>
// Without `strict`, `unknown` also extends an object whose properties are all optional, and `null` a function.
type IsOpen<T> = IsAny<T> extends true ? true : unknown extends T ? (T extends object ? false : true) : false
type IsAny<T> = 0 extends 1 & T ? true : false
