import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A store of counters without locks, for comparison: each request loads the value and later saves the new one, as session
 * stores commonly do. A save replaces the file in one step, so what is lost here is lost by the order of things alone.
 */
export class PlainStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async load(key: string): Promise<number> {
    try {
      return Number(await readFile(join(this.#folder, key), 'utf8'))
    } catch {
      return 0
    }
  }

  async save(key: string, count: number): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    const written = join(this.#folder, `${randomUUID()}.new`)
    await writeFile(written, String(count))
    await rename(written, join(this.#folder, key))
  }
}
