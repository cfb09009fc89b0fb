// The process of `runUnprivileged`: prepares as it is, then becomes an ordinary user for good and runs.
import type { UnprivilegedModule } from './unprivileged.ts'

const NOBODY = 65534

const [url = '', ...args] = process.argv.slice(2)
const module: UnprivilegedModule = await import(url)
await module.prepare?.(...args)
if (process.getuid?.() === 0) {
  process.setgroups?.([])
  process.setgid?.(NOBODY)
  process.setuid?.(NOBODY)
}
console.log(JSON.stringify((await module.run(...args)) ?? null))
