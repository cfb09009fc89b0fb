import { csrfToken } from 'holdfast/next'
import { readVisitor } from '../lib/sessions'
import { login } from './actions'

export default async function Home() {
  const visitor = await readVisitor()
  const [name, status] = [visitor.get('name'), visitor.getFlash('status')]
  const token = <input type="hidden" name="_csrf" value={csrfToken(visitor)} />
  return (
    <>
      <h1>Visit {visitor.get('visits')}</h1>
      {typeof status === 'string' && <p role="status">{status}</p>}
      {name === undefined ? (
        <form action={login}>
          {token}
          <label>
            Name <input name="name" required />
          </label>{' '}
          <button>Log in</button>
        </form>
      ) : (
        <>
          <p>You are {name}.</p>
          <form method="post" action="/logout">
            {token}
            <button>Log out</button>
          </form>
        </>
      )}
    </>
  )
}
