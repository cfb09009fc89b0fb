// child.ts FOLDER: runs on Node, Bun and Deno. Prints what it runs on, runs every case, and prints each one's outcome as a line of JSON.
import { webCases } from './all.ts'
import { serverCases } from './server.ts'
import { runCases } from './kit.ts'
import { nameHere } from './name-here.ts'

console.log(nameHere())
await runCases([...webCases(), ...serverCases(process.argv[2] ?? '')], (outcome) => console.log(JSON.stringify(outcome)))
