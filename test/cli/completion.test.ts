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
import { type Completed, completedByZsh } from './zsh-terminal.ts'

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
  const press = (typed: string): Completed => completedByZsh(zshScript(tree), typed)

  it('puts in the only word that fits: a command, one below it, an option, a value, a file', { timeout: 120_000 }, () => {
    for (const [typed, line] of [
      ['holdfast rev', 'holdfast revoke'],
      ['holdfast keys re', 'holdfast keys reseal'],
      ['holdfast help sh', 'holdfast help show'],
      ['holdfast keys reseal --r', 'holdfast keys reseal --rate'],
      ['holdfast list --user gc --l', 'holdfast list --user gc --limit'],
      ['holdfast revoke --dr', 'holdfast revoke --dry-run'],
      ['holdfast publish --format m', 'holdfast publish --format mlc'],
      ['holdfast list --config my', 'holdfast list --config my.config.json'],
    ] as const)
      expect(press(typed).line).toBe(line)
  })

  it('lists several with what they do', { timeout: 60_000 }, () => {
    const { line, screen } = press('holdfast ')
    expect(line).toBe('holdfast')
    for (const { name, description } of tree.commands)
      expect(screen.find((shown) => shown.startsWith(`${name} `))).toContain(`-- ${description}`)
    const options = press('holdfast revoke -')
    expect(options.line).toBe('holdfast revoke -')
    for (const text of ["--all +-- everybody's", '--dry-run +-- only count them', '--yes +-y +-- do not ask'])
      expect(options.screen).toContainEqual(expect.stringMatching(new RegExp(`^${text}`)))
    expect(press('holdfast publish --format ').screen).toContainEqual(expect.stringMatching(/^json +mlc +ts$/))
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
