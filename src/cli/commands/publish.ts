import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { type ConfigFormat, configText } from '../../config/config-text.ts'
import { configFilesIn } from '../../config/files.ts'
import { isObject } from '../../session/plain.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandError } from '../failure.ts'
import { printJson, printLine, say } from '../print.ts'
import { canAsk, choice, confirmed } from '../terminal.ts'

export interface PublishOptions {
  readonly format?: ConfigFormat
  readonly force?: boolean
  readonly json?: boolean
}

const FORMATS = ['ts', 'json', 'mlc'] as const
const FOLDER_MODE = 0o755

/** Writes a configuration file with a comment on each part into the folder `config`. */
export async function publish(options: PublishOptions): Promise<number> {
  const format = options.format ?? (canAsk() ? await askedFormat() : 'ts')
  const path = `config/session.${format === 'ts' && isCommonJs() ? 'mts' : format}`
  if (statSync(path, { throwIfNoEntry: false }) !== undefined && options.force !== true) {
    const question = `File [${path}] already exists. Overwrite?`
    if (!canAsk()) say(`File [${path}] already exists, and is left as it is. To overwrite it: --force`)
    if (!canAsk() || !(await confirmed(question, {}))) {
      await (options.json ? printJson({ path, published: false }) : printLine('Skipping publication.'))
      return EXIT.done
    }
  }
  writeTo(path, configText(format))
  const other = (await configFilesIn(process.cwd()).catch(() => [])).find((one) => one !== resolve(path))
  if (other !== undefined) say(`warning: ${relative('', other)} is a configuration as well, and two are an error. Keep one of them.`)
  await (options.json ? printJson({ path, published: true }) : printLine(`Published config to ${path}`))
  return EXIT.done
}

async function askedFormat(): Promise<ConfigFormat> {
  const answer = await choice('Which configuration format would you like to use?', FORMATS)
  return FORMATS.find((format) => format === answer) ?? 'ts'
}

/** Whether a `.ts` file is no module here, as `npm init` has it. */
function isCommonJs(): boolean {
  try {
    const read: unknown = JSON.parse(readFileSync('package.json', 'utf8'))
    return isObject(read) && 'type' in read && read.type === 'commonjs'
  } catch {
    return false
  }
}

function writeTo(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE })
  } catch (error) {
    throw new CommandError(EXIT.no, `Could not create destination directory: ${dirname(path)} (${codeOf(error)})`)
  }
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new CommandError(EXIT.no, `Failed to publish config to: ${path} (${codeOf(error)})`)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
