import { setTimeout } from 'node:timers/promises'
import type { Express, Request, Response } from 'express'
import { PLAIN_FOLDER } from '../data.ts'
import { html, type Html } from '../html.ts'
import { sendPage, serverId } from '../layout.ts'
import { PlainStore } from '../plain-store.ts'
import { storeKeyOf } from '../request.ts'

/** Where the plain store's counter is raised: there the session is only read, for it would make the requests wait for each other. */
export const PLAIN_PATH = '/two-tabs/plain'
const HOLDFAST_PATH = '/two-tabs/holdfast'
const THINK_MS = 20

/** One counter, wherever it is kept. */
interface Counter {
  load(): number | Promise<number>
  save(count: number): void | Promise<void>
}

const plainStore = new PlainStore(PLAIN_FOLDER)

/** Twenty requests at once: in the session each of them counts, in a store without locks most are lost. */
export function twoTabsPages(app: Express): void {
  app.get('/two-tabs', showTwoTabs)
  app.post(HOLDFAST_PATH, async (request, response) => answer(response, await addOne(sessionCounter(request))))
  app.post(PLAIN_PATH, async (request, response) => answer(response, await addOne(plainCounter(request))))
}

/** The handler of both. Between reading and writing it does something slow, as handlers do. */
async function addOne(counter: Counter): Promise<number> {
  const count = await counter.load()
  await setTimeout(THINK_MS)
  await counter.save(count + 1)
  return count + 1
}

function sessionCounter(request: Request): Counter {
  const { session } = request
  return { load: () => session.get('twoTabs.count', 0), save: (count) => session.set('twoTabs.count', count) }
}

function plainCounter(request: Request): Counter {
  const key = storeKeyOf(request.session)
  return { load: () => plainStore.load(key), save: (count) => plainStore.save(key, count) }
}

function answer(response: Response, count: number): void {
  response.json({ count, server: serverId })
}

async function showTwoTabs(request: Request, response: Response): Promise<void> {
  const [ours, plain] = [await sessionCounter(request).load(), await plainCounter(request).load()]
  sendPage(request, response, {
    title: 'Two tabs',
    script: '/two-tabs.js',
    main: html`
      <h1>Two tabs, one session</h1>
      <p class="lead">
        One press sends 20 requests at once, to two server processes. Each reads the counter, waits ${THINK_MS} milliseconds, and writes
        back one more. Then the same handler runs 20 times over a store that loads and saves without a lock.
      </p>
      <p id="needs-script">Sending 20 requests at once takes JavaScript. All the other pages work without.</p>
      <p><button id="start" type="button" hidden>Send 20 requests</button></p>
      <div class="race">${lane('holdfast', 'The session', HOLDFAST_PATH, ours)} ${lane('plain', 'A plain store', PLAIN_PATH, plain)}</div>
      <p>Each box is a request, with the number that it was told, in the order of the answers.</p>
      <ul class="legend">
        <li><span class="chip server-1">1</span> answered by one process</li>
        <li><span class="chip server-2">2</span> answered by the other</li>
        <li>
          <span class="chip server-1 repeated">1</span><span class="chip server-2 repeated">1</span> told to an earlier one as well: this
          update is lost
        </li>
      </ul>
      <pre><code>const count = session.get('twoTabs.count', 0)
await setTimeout(${THINK_MS})
session.set('twoTabs.count', count + 1)</code></pre>
    `,
  })
}

function lane(id: string, name: string, url: string, count: number): Html {
  return html`<section class="lane" id="${id}" data-url="${url}" aria-labelledby="${id}-name">
    <h2 id="${id}-name">${name}</h2>
    <p class="count"><span class="number">${count}</span> <span class="unit">counted so far</span></p>
    <p class="verdict" role="status"></p>
    <ol class="answers" aria-label="Answers"></ol>
    <p class="servers"></p>
  </section>`
}
