// What a session of the demo holds. A key that is not here does not compile: `session.get('user.profile.nmae')`.
// In your application: declare module 'holdfast' { ... }
declare module '../../src/index.ts' {
  interface SessionData {
    visits: number
    user: { profile: { name: string }; loggedInAt: Date }
    cart: { items: CartItem[] }
    twoTabs: { count: number }
  }
}

export interface CartItem {
  sku: string
  quantity: number
}

/** Where the sessions are, below the folder that the demo is started in. */
export const SESSION_FOLDER = 'var/sessions'
/** The same in SQLite. */
export const SESSION_FILE = 'var/sessions.db'

/** Where the page "Two tabs" keeps the counters of its plain store. */
export const PLAIN_FOLDER = 'var/plain-counters'
