import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { treeOf } from '../../src/cli/completion/tree.ts'
import { bashScript } from '../../src/cli/completion/bash.ts'
import { fishScript } from '../../src/cli/completion/fish.ts'
import { zshScript } from '../../src/cli/completion/zsh.ts'
import { makeProgram } from '../../src/cli/program.ts'
import { needs } from '../../scripts/services.ts'
import { describeNeeding } from '../support/needs.ts'
import { holdfast, newApp } from './command.ts'

const tree = treeOf(makeProgram(() => undefined))

describe('completion', () => {
  /** What a real bash offers when the cursor stands behind the last word. */
  const offered = (...words: string[]): string[] => {
    const line = ['holdfast', ...words]
    const program = `${bashScript(tree)}
COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${line.length - 1}
_holdfast; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', program], {
      encoding: 'utf8',
      cwd: newApp({ 'my.config.json': '{}' }),
    })
    expect([status, stderr]).toEqual([0, ''])
    return stdout.split('\n').filter((word) => word !== '')
  }

  it('of bash offers commands, commands below them, options and their values', () => {
    expect(offered('')).toEqual(expect.arrayContaining(['publish', 'list', 'keys', 'doctor', 'help', '--help']))
    expect(offered('re')).toEqual(['revoke'])
    expect(offered('keys', '')).toEqual(expect.arrayContaining(['generate', 'list', 'status', 'reseal']))
    expect(offered('keys', 'reseal', '--r')).toEqual(['--rate'])
    expect(offered('revoke', '--')).toEqual(expect.arrayContaining(['--user', '--all', '--dry-run', '--json']))
    expect(offered('list', '--user', 'gc', '--l')).toEqual(['--limit'])
    expect(offered('publish', '--format', '')).toEqual(['ts', 'json', 'mlc'])
    expect(offered('help', 'sh')).toEqual(['show'])
    expect(offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']))
    expect(offered('list', '--config', 'my')).toEqual(['my.config.json'])
  })

  it('is printed by the command', { timeout: 120_000 }, async () => {
    const cwd = newApp()
    for (const [shell, script] of [
      ['bash', bashScript],
      ['zsh', zshScript],
      ['fish', fishScript],
    ] as const) {
      expect(await holdfast(['completion', shell], { cwd })).toEqual({ code: 0, stdout: script(tree), stderr: '' })
    }
  })
})

describeNeeding('zsh', 'completion of zsh', () => {
  it('is read by a real zsh', () => {
    const { status, stderr } = spawnSync(
      needs.zsh.find() ?? '',
      ['-f', '-c', `autoload -U compinit; compinit -u -D\n${zshScript(tree)}\nwhence -w _holdfast _holdfast_keys_reseal`],
      { encoding: 'utf8' },
    )
    expect([status, stderr]).toEqual([0, ''])
  })
})

describeNeeding('fish', 'completion of fish', () => {
  it('offers commands, commands below them, options and their values', () => {
    const ofFish = (line: string): string[] => {
      const { status, stdout, stderr } = spawnSync(
        needs.fish.find() ?? '',
        ['--no-config', '-c', `${fishScript(tree)}\ncomplete -C '${line}'`],
        {
          encoding: 'utf8',
        },
      )
      expect([status, stderr]).toEqual([0, ''])
      return stdout.split('\n').map((text) => text.split('\t')[0] ?? '')
    }
    expect(ofFish('holdfast re')).toContain('revoke')
    expect(ofFish('holdfast keys ')).toEqual(expect.arrayContaining(['generate', 'list', 'status', 'reseal']))
    expect(ofFish('holdfast publish --format ')).toEqual(expect.arrayContaining(['ts', 'json', 'mlc']))
    expect(ofFish('holdfast revoke --d')).toContain('--dry-run')
  })
})
