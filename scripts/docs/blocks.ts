/** A code block of a page that is a program: with the blocks that it continues before it. */
export interface Program {
  readonly page: string
  /** Line of the page on which the block's code begins. */
  readonly line: number
  readonly language: 'ts' | 'js'
  /** The code on the very lines it has in the page, so that what a compiler or a stack trace says of it is true of the page. */
  readonly code: string
  /** Why it is only compiled. */
  readonly notRun: string | undefined
  /** It declares types for everyone, and is compiled by itself. */
  readonly isGlobal: boolean
}

interface Block {
  readonly line: number
  readonly language: 'ts' | 'js'
  readonly note: string
  readonly lines: readonly string[]
}

// `@koa/bodyparser` gives every request of Node a body.
const GLOBAL = /^\s*declare (?:module|global)\b|^import .* from '@koa\/bodyparser'/m
const FENCE = /^(\s*)(`{3,})\s*(\w*)(.*)$/
const LANGUAGES: Readonly<Record<string, 'ts' | 'js'>> = { ts: 'ts', typescript: 'ts', js: 'js', javascript: 'js', mjs: 'js', mts: 'ts' }

/**
 * Reads the programs of a Markdown page: its fenced blocks of `ts` or `js`. Two notes may follow the language:
 * - `continues`: the block goes on where the one before it on the page ended, and they are one module;
 * - `not-run: REASON`: the block is compiled only.
 */
export function programsOf(page: string, text: string): { programs: Program[]; problems: string[] } {
  const programs: Program[] = []
  const problems: string[] = []
  let before: string[] = []
  for (const { line, language, note, lines } of blocksOf(text)) {
    const notRun = /^not-run: (\S.*)$/.exec(note)?.[1]
    if (note !== '' && note !== 'continues' && notRun === undefined) {
      problems.push(`${page}:${line - 1}: "${note}" is no note that a block may have ("continues", or "not-run: REASON")`)
    }
    if (note !== 'continues') before = []
    const rows = [...before, ...Array<string>(line - 1 - before.length).fill(''), ...lines]
    const code = rows.join('\n')
    programs.push({ page, line, language, code, notRun, isGlobal: GLOBAL.test(code) })
    before = rows
  }
  return { programs, problems }
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let open: { indent: string; fence: string; line: number; language: string; note: string; lines: string[] } | undefined
  for (const [index, row] of text.split('\n').entries()) {
    const [, indent = '', fence = '', language = '', note = ''] = FENCE.exec(row) ?? []
    if (open === undefined) {
      if (fence !== '') open = { indent, fence, line: index + 2, language, note: note.trim(), lines: [] }
    } else if (fence.startsWith(open.fence) && language === '') {
      const known = LANGUAGES[open.language]
      if (known !== undefined) blocks.push({ ...open, language: known })
      open = undefined
    } else {
      open.lines.push(row.startsWith(open.indent) ? row.slice(open.indent.length) : row.trimStart())
    }
  }
  return blocks
}
