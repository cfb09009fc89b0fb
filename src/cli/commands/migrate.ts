import type { Dialect } from '../../drivers/database/bridges/bridge.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandError } from '../failure.ts'
import { print, printJson, printLine } from '../print.ts'
import { type CommonOptions, configured, connect } from '../store.ts'

export interface MigrateOptions extends CommonOptions {
  readonly print?: boolean
  readonly dialect?: Dialect
}

const SCHEMES: Readonly<Record<string, Dialect>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mariadb',
  sqlite: 'sqlite',
  file: 'sqlite',
}

/** Makes the table of sessions, or adds what it lacks; or prints the SQL for it. */
export async function migrate(options: MigrateOptions): Promise<number> {
  const loaded = await configured(options)
  const { config } = loaded
  if (options.print === true) {
    const dialect = options.dialect ?? config.database?.dialect ?? dialectOf(config.database?.url ?? process.env['DATABASE_URL'])
    if (dialect === undefined)
      throw new CommandError(
        EXIT.usage,
        'The configuration does not say which database it is. Give --dialect postgres, mariadb, mysql or sqlite.',
      )
    const { tableDefinition } = await import('../../drivers/database/database-driver.ts')
    const table = config.database?.table
    const sql = table === undefined ? tableDefinition(dialect) : tableDefinition(dialect, { table })
    await (options.json ? printJson({ dialect, sql }) : print(`${sql.trimEnd()}\n`))
    return EXIT.done
  }
  const store = await connect(loaded)
  try {
    const { driver } = store
    const migration: unknown = Reflect.get(driver, 'migrate')
    const needsNone = typeof migration !== 'function'
    if (!needsNone) await Reflect.apply(migration, driver, [])
    // What opens it finds whatever else is wrong.
    await driver.open()
    if (options.json) await printJson({ driver: driver.name, migrated: !needsNone })
    else await printLine(needsNone ? `The driver '${driver.name}' needs no table. The store can be used.` : 'The table is ready.')
    return EXIT.done
  } finally {
    await store.close()
  }
}

function dialectOf(url: string | undefined): Dialect | undefined {
  return SCHEMES[/^(\w+):/.exec(url ?? '')?.[1] ?? '']
}
