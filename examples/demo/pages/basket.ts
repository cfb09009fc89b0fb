import type { Express, Request, Response } from 'express'
import type { CartItem } from '../data.ts'
import type { Session } from '../holdfast.ts'
import { html, type Html } from '../html.ts'
import { sendPage, tokenField } from '../layout.ts'
import { field } from '../request.ts'

interface Product {
  readonly sku: string
  readonly name: string
  readonly cents: number
}

const PRODUCTS: readonly Product[] = [
  { sku: 'rope', name: 'Mooring rope, 10 m', cents: 3450 },
  { sku: 'cleat', name: 'Brass cleat', cents: 1290 },
  { sku: 'shackle', name: 'Bow shackle, steel', cents: 480 },
]
const MOST_OF_A_KIND = 99

/** A basket whose lines are read and changed by dotted keys. */
export function basketPages(app: Express): void {
  app.get('/basket', showBasket)
  app.post('/basket/add', add)
  app.post('/basket/change', change)
  app.post('/basket/remove', remove)
}

function showBasket(request: Request, response: Response): void {
  const { session } = request
  const items = session.get('cart.items', [])
  sendPage(request, response, {
    title: 'Basket',
    main: html`
      <h1>Basket</h1>
      <p class="lead">Two clicks at once, in two tabs, both count: each waits for the other, and none is overwritten.</p>
      <ul class="products">
        ${PRODUCTS.map((product) => productLine(session, product))}
      </ul>

      <h2>In the basket</h2>
      ${items.length === 0 ? html`<p class="empty">Nothing yet.</p>` : basketTable(session, items)}
      <pre><code>session.set('cart.items', [{ sku: 'rope', quantity: 1 }])
session.increment('cart.items.0.quantity')
session.forget('cart.items.0')</code></pre>
    `,
  })
}

function productLine(session: Session, { sku, name, cents }: Product): Html {
  return html`<li>
    <span>${name}</span><span class="price">${price(cents)}</span>
    <form method="post" action="/basket/add">
      ${tokenField(session)}<input type="hidden" name="sku" value="${sku}" />
      <button aria-label="Add to the basket: ${name}">Add</button>
    </form>
  </li>`
}

function basketTable(session: Session, items: readonly CartItem[]): Html {
  const total = items.reduce((sum, item) => sum + item.quantity * productOf(item.sku).cents, 0)
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Article</th>
        <th scope="col">Quantity</th>
        <th scope="col" class="price">Price</th>
      </tr>
    </thead>
    <tbody>
      ${items.map((item) => basketLine(session, item))}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row" colspan="2">Total</th>
        <td class="price" id="total">${price(total)}</td>
      </tr>
    </tfoot>
  </table>`
}

function basketLine(session: Session, { sku, quantity }: CartItem): Html {
  const { name, cents } = productOf(sku)
  return html`<tr>
    <th scope="row">${name}</th>
    <td>
      <form method="post" action="/basket/change" class="quantity">
        ${tokenField(session)}<input type="hidden" name="sku" value="${sku}" />
        <input
          name="quantity"
          type="number"
          min="1"
          max="${MOST_OF_A_KIND}"
          required
          value="${quantity}"
          aria-label="Quantity of ${name}"
        />
        <button class="quiet" aria-label="Set the quantity of ${name}">Set</button>
        <button class="quiet" formaction="/basket/remove" formnovalidate aria-label="Remove ${name}">Remove</button>
      </form>
    </td>
    <td class="price">${price(quantity * cents)}</td>
  </tr>`
}

function add(request: Request, response: Response): void {
  const { session } = request
  const product = PRODUCTS.find(({ sku }) => sku === field(request, 'sku'))
  if (product === undefined) session.flash('error', 'There is no such article.')
  else addOne(session, product.sku)
  response.redirect(303, '/basket')
}

function addOne(session: Session, sku: string): void {
  const items = session.get('cart.items', [])
  const index = items.findIndex((item) => item.sku === sku)
  if (items.length === 0) session.set('cart.items', [{ sku, quantity: 1 }])
  else if (index === -1) session.set(`cart.items.${items.length}`, { sku, quantity: 1 })
  else if (session.get(`cart.items.${index}.quantity`, 0) < MOST_OF_A_KIND) session.increment(`cart.items.${index}.quantity`)
}

function change(request: Request, response: Response): void {
  const { session } = request
  const index = indexOf(request)
  const quantity = Number(field(request, 'quantity'))
  const isQuantity = Number.isInteger(quantity) && quantity >= 1 && quantity <= MOST_OF_A_KIND
  if (index !== -1 && isQuantity) session.set(`cart.items.${index}.quantity`, quantity)
  else session.flash('error', `The quantity must be a whole number from 1 to ${MOST_OF_A_KIND}.`)
  response.redirect(303, '/basket')
}

function remove(request: Request, response: Response): void {
  const index = indexOf(request)
  if (index !== -1) request.session.forget(`cart.items.${index}`)
  response.redirect(303, '/basket')
}

function indexOf(request: Request): number {
  const sku = field(request, 'sku')
  return request.session.get('cart.items', []).findIndex((item) => item.sku === sku)
}

// A session may be older than the list of products.
function productOf(sku: string): Product {
  return PRODUCTS.find((product) => product.sku === sku) ?? { sku, name: 'No longer sold', cents: 0 }
}

const euros = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })

function price(cents: number): string {
  return euros.format(cents / 100)
}
