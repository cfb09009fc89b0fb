// count-child.ts FOLDER ID TIMES: counts in one session that many times, and says after each that it was stored.
import { FileDriver } from '../../../src/drivers/file/file-driver.ts'
import { SessionManager } from '../../../src/manager/session-manager.ts'
import { count } from './shop.ts'

const [path = '', id = '', times = '0'] = process.argv.slice(2)
const sessions = new SessionManager({ driver: new FileDriver({ path }), lock: { waitSeconds: 60 }, collectEverySeconds: 0 })
await sessions.ready()
for (let each = 0; each < Number(times); each++) {
  await sessions.run(id, count)
  console.log('stored')
}
await sessions.close()
