/** What runs this program, as the files of `test/runtimes` are named. */
export function nameHere(): string {
  const { bun, deno, node } = process.versions
  if (bun !== undefined) return 'bun'
  return deno === undefined ? `node-${node.split('.', 1)[0]}` : 'deno'
}
