// speed-process.ts RUN: measures ours and the bare cipher in the runtime that runs this, and prints the results as JSON. RUN is the run as JSON.
import { ownSealers } from './sealers.ts'
import { measureSealers } from './speed.ts'

const run = JSON.parse(process.argv[2] ?? '{}')
console.log(JSON.stringify(await measureSealers(ownSealers(), { ...run, log: () => undefined })))
