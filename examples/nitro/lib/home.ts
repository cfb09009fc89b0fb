import { Eta } from 'eta'

/** What the page shows. */
export interface Home {
  readonly visits: number
  readonly name: string | undefined
  readonly status: unknown
  readonly csrfField: string
}

const PAGE = `<!doctype html>
<html lang="en">
  <title>Holdfast in Nitro</title>
  <h1>Visit <%= it.visits %></h1>
  <% if (it.status) { %><p role="status"><%= it.status %></p><% } %>
  <% if (it.name) { %>
  <p>You are <%= it.name %>.</p>
  <form method="post" action="/logout"><%~ it.csrfField %><button>Log out</button></form>
  <% } else { %>
  <form method="post" action="/login"><%~ it.csrfField %><label>Name <input name="name" required></label> <button>Log in</button></form>
  <% } %>
</html>`

const eta = new Eta()

export function homePage(home: Home): string {
  return eta.renderString(PAGE, home)
}
