// A process of the new application: moves in whoever comes with the cookies that it is told, on files that others share, and says who each was.
import { fromParent, tellParent } from '../../proof/faults/parent.ts'
import { FileDriver } from '../../src/drivers/file/file-driver.ts'
import { connectSid } from '../../src/move-in/index.ts'
import { fileStoreIn } from './old-library.ts'
import { SECRET, World } from './world.ts'

const [oldPath = '', path = ''] = process.argv.slice(2)
const world = new World({ driver: new FileDriver({ path }), sources: [connectSid({ store: fileStoreIn(oldPath), secrets: SECRET })] })

for await (const cookies of fromParent()) {
  if (!Array.isArray(cookies)) continue
  const visit = async (cookie: string): Promise<void> => {
    const { id, userId } = await world.visit(cookie, (session) => session.increment('visits'))
    await tellParent({ id, userId })
  }
  await Promise.all(cookies.map((cookie) => visit(String(cookie))))
}
