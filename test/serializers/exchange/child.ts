// Runs under Bun and Deno. Reads a request from its input, and prints the answer, both as JSON.
import { text } from 'node:stream/consumers'
import { exchange } from './exchange.ts'

console.log(JSON.stringify(await exchange(JSON.parse(await text(process.stdin)))))
