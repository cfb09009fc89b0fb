import { Passport } from 'passport'
import { Strategy } from 'passport-local'

/** A user of the tests. */
export interface TestUser {
  readonly id: number
  readonly name: string
}

const USERS: readonly TestUser[] = [
  { id: 7, name: 'ada' },
  { id: 8, name: 'bob' },
]

export interface House {
  readonly passport: InstanceType<typeof Passport>
  /** Users who are no more. */
  readonly deleted: Set<number>
  /** Makes reading a user fail. */
  failure: Error | undefined
}

/** Passport as its users set it up: unmodified, with passport-local. */
export function passportHouse(): House {
  const passport = new Passport()
  const house: House = { passport, deleted: new Set(), failure: undefined }
  passport.use(
    new Strategy((name, password, done) => {
      const user = USERS.find((one) => one.name === name && password === passwordOf(name))
      if (user === undefined) done(null, false, { message: 'wrong name or password' })
      else done(null, user, { message: `welcome, ${name}` })
    }),
  )
  passport.serializeUser((user, done) => done(null, Reflect.get(user, 'id')))
  passport.deserializeUser((id, done) => {
    const user = USERS.find((one) => one.id === id)
    setImmediate(() => {
      if (house.failure !== undefined) done(house.failure)
      else done(null, user === undefined || house.deleted.has(user.id) ? false : user)
    })
  })
  return house
}

/** A form with a name and its password. */
export function form(name: string): { readonly form: { readonly username: string; readonly password: string } } {
  return { form: { username: name, password: passwordOf(name) } }
}

function passwordOf(name: string): string {
  return `the password of ${name}`
}

export function nameOf(user: unknown): string {
  return typeof user === 'object' && user !== null ? String(Reflect.get(user, 'name')) : 'nobody'
}
