import { csrfToken } from 'holdfast/react-router'
import type { ReactElement } from 'react'
import { Form, useLoaderData } from 'react-router'
import type { LoaderFunctionArgs } from 'react-router'
import { visitorContext } from '../sessions.server.ts'

interface Home {
  readonly visits: number
  readonly name: string | undefined
  readonly status: string | undefined
  readonly token: string
}

export function loader({ context }: LoaderFunctionArgs): Home {
  const visitor = context.get(visitorContext)
  const status = visitor.getFlash('status')
  return {
    visits: visitor.increment('visits'),
    name: visitor.get('name'),
    status: typeof status === 'string' ? status : undefined,
    token: csrfToken(visitor),
  }
}

export default function HomePage(): ReactElement {
  const { visits, name, status, token } = useLoaderData<Home>()
  const field = <input type="hidden" name="_csrf" value={token} />
  return (
    <main>
      <h1>Visit {visits}</h1>
      {status !== undefined && <p role="status">{status}</p>}
      {name === undefined ? (
        <Form method="post" action="/login" reloadDocument>
          {field}
          <label>
            Name <input name="name" required />
          </label>{' '}
          <button>Log in</button>
        </Form>
      ) : (
        <>
          <p>You are {name}.</p>
          <Form method="post" action="/logout" reloadDocument>
            {field}
            <button>Log out</button>
          </Form>
        </>
      )}
    </main>
  )
}
