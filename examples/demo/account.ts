import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** The one account. A real application keeps the hash of a password, and no password. */
export const ACCOUNT = { id: 7, login: 'ada', password: 'lovelace', name: 'Ada' } as const

const salt = randomBytes(16)
const stored = hash(ACCOUNT.password)

/** Whether they are the account's. It takes the same time whichever of the two is wrong. */
export async function isAccount(login: string, password: string): Promise<boolean> {
  const isPassword = timingSafeEqual(await hash(password), await stored)
  return isPassword && login === ACCOUNT.login
}

function hash(password: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}
