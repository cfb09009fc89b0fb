import { defineHandler } from 'h3'
import { csrfField } from 'holdfast'
import { homePage } from '../lib/home.ts'

export default defineHandler(({ context: { session }, res }) => {
  res.headers.set('content-type', 'text/html; charset=utf-8')
  return homePage({
    visits: session.increment('visits'),
    name: session.get('name'),
    status: session.getFlash('status'),
    csrfField: csrfField(session),
  })
})
