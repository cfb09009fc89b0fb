import { describe, expect, it } from 'vitest'
import { cliDocs } from '../../scripts/cli-docs.ts'
import { repository } from '../../scripts/support/check.ts'
import { makeTree } from '../support/tree.ts'

describe('the pages of the commands', () => {
  it('say of each command what commander knows of it', () => {
    expect(cliDocs(repository).problems).toEqual([])
  })

  it('a page that says something else, that is missing, or that is of no command is named', () => {
    const pages = {
      'docs/cli/gc.md': '<!-- cli:gc -->\nsomething else\n<!-- /cli -->\n',
      'docs/cli/other.md': '',
      'docs/cli/list.md': '<!-- cli:lst -->\n<!-- /cli -->\n',
    }
    const { problems } = cliDocs(makeTree(pages))
    expect(problems).toContain('docs/cli/gc.md: what it says of gc is not what the command is: node scripts/cli-docs.ts --write')
    expect(problems).toContain("docs/cli/list.md has a place for 'lst', which is no command")
    expect(problems).toContain('docs/cli/list.md lacks <!-- cli:list --><!-- /cli -->, on two lines')
    expect(problems).toContain('docs/cli/other.md is the page of no command')
    expect(problems.some((problem) => problem.startsWith('docs/cli/revoke.md is missing'))).toBe(true)
  })
})
