// Sends the requests of the page "Two tabs", and shows each answer as it comes.
const REQUESTS = 20

const token = document.querySelector('meta[name="csrf-token"]').content
const seenServers = []
const start = document.querySelector('#start')
const lanes = [...document.querySelectorAll('.lane')].map((lane) => ({
  url: lane.dataset.url,
  count: lane.querySelector('.count .number'),
  verdict: lane.querySelector('.verdict'),
  answers: lane.querySelector('.answers'),
  servers: lane.querySelector('.servers'),
}))

document.querySelector('#needs-script').remove()
start.hidden = false
let isRunning = false

start.addEventListener('click', () => void raceAll())

async function raceAll() {
  // Not `disabled`, which would take the keyboard's focus away.
  if (isRunning) return
  isRunning = true
  for (const lane of lanes) clear(lane)
  for (const lane of lanes) await race(lane)
  isRunning = false
}

function clear({ verdict, answers, servers }) {
  verdict.textContent = ''
  verdict.className = 'verdict'
  servers.textContent = ''
  answers.replaceChildren()
}

async function race(lane) {
  const before = Number(lane.count.textContent)
  lane.verdict.textContent = 'Running …'
  const results = await Promise.allSettled(Array.from({ length: REQUESTS }, () => send(lane)))
  const answers = results.filter(({ status }) => status === 'fulfilled').map(({ value }) => value)
  const risen = Math.max(before, ...answers.map(({ count }) => count)) - before
  const failed = REQUESTS - answers.length
  lane.verdict.textContent = `Rose by ${risen} of ${REQUESTS}: ${outcome(risen, failed)}.`
  lane.verdict.classList.add(risen === REQUESTS ? 'good' : 'bad')
  lane.servers.textContent = perServer(answers)
}

async function send(lane) {
  const response = await fetch(lane.url, { method: 'POST', headers: { 'X-CSRF-TOKEN': token } })
  if (!response.ok) throw new Error(`answered with ${response.status}`)
  const answer = await response.json()
  lane.count.textContent = String(Math.max(Number(lane.count.textContent), answer.count))
  lane.answers.append(chip(answer, lane.answers))
  return answer
}

function chip({ count, server }, answers) {
  const item = document.createElement('li')
  const isRepeated = [...answers.children].some((other) => other.textContent === String(count))
  if (!seenServers.includes(server)) seenServers.push(server)
  item.className = `chip server-${(seenServers.indexOf(server) % 2) + 1}${isRepeated ? ' repeated' : ''}`
  item.textContent = String(count)
  item.title = `server process ${server}`
  return item
}

function outcome(risen, failed) {
  const lost = REQUESTS - risen - failed
  const parts = [lost > 0 && `${lost} lost`, failed > 0 && `${failed} failed`].filter(Boolean)
  return parts.length === 0 ? 'none lost' : parts.join(', ')
}

function perServer(answers) {
  const counts = new Map()
  for (const { server } of answers) counts.set(server, (counts.get(server) ?? 0) + 1)
  return [...counts]
    .toSorted(([one], [other]) => one - other)
    .map(([server, count]) => `Process ${server}: ${count}`)
    .join(' · ')
}
