// npm run proof -- --driver NAME [--minutes N] [--seed S] [--faults A,B,C] [--operations N] [--clients N]: real servers, real processes and real HTTP, with faults by name; checks all
// that was promised.
import { proofCommand } from './run/command.ts'

const code = await proofCommand(process.argv.slice(2), { write: (text) => console.log(text), log: (line) => console.error(`  ${line}`) })
// All is told. What connections have left to do that were broken on purpose is nobody's to wait for.
process.exit(code)
