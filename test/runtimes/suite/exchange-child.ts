// exchange-child.ts FOLDER NAME [ID ...]: reads the sessions that others made and adds its name to each, then makes one. Prints what it
// read, and the id of the new one, as JSON.
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { EncryptedSerializer } from '../../../src/serializers/encrypted.ts'

const [path = '', name = '', ...ids] = process.argv.slice(2)
const serializer = new EncryptedSerializer({ keys: { v1: '00112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2e1f0' } })
const sessions = new SessionManager({ driver: new FileDriver({ path }), serializer })
await sessions.ready()
const read: unknown[] = []
for (const id of ids) {
  await sessions.run(id, (session) => {
    read.push([session.get('by'), session.get('text'), session.get('readers', [])])
    session.set('readers', [...Object(session.get('readers', [])), name])
  })
}
const id = await sessions.run(undefined, (session) => {
  session.set('by', name)
  session.set('text', 'Füße 😀 \u2028 end')
  return session.id
})
await sessions.close()
console.log(JSON.stringify({ read, id }))
