// Runs under Bun and Deno: the whole suite of the driver contract on files. Prints what failed, and how many tests there were, as JSON.
import { keepsTheContract } from './contract.ts'

const tests: { readonly name: string; readonly body: () => Promise<void> }[] = []
keepsTheContract((name, body) => tests.push({ name, body }), process.argv[2] === 'power' ? { durability: 'power' } : {})

const failed: string[] = []
// They move one clock on: one after the other.
for (const { name, body } of tests) {
  try {
    await body()
  } catch (error) {
    failed.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
console.log(JSON.stringify({ tests: tests.length, failed }))
