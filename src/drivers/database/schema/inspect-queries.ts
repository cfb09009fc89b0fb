import { quotedName, type TableName } from './table-name.ts'

/** What is asked about a table. Names in it were checked: none holds a quote. */
export interface Queries {
  readonly table: string
  /** Names that an index of the table cannot take. */
  readonly names: string
  readonly columns: string
  readonly indexes: string
  /** Triggers that would change an answer, as far as this user sees them. */
  readonly triggers?: string
}

/** By its catalog and `to_regclass`, so that the search path counts as it does for the driver's statements. */
export function postgresQueries(table: TableName): Queries {
  const is = `to_regclass('${table.quoted('postgres')}')`
  const schema = table.schema === undefined ? 'current_schema()' : `'${table.schema}'`
  return {
    table: `SELECT CASE WHEN relkind IN ('r', 'p') THEN 1 ELSE 0 END AS plain FROM pg_catalog.pg_class WHERE oid = ${is}`,
    names: `SELECT relname::text AS name FROM pg_catalog.pg_class
      WHERE relnamespace = COALESCE((SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = ${is}),
        (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ${schema})) AND relname LIKE 'idx%'`,
    columns: `SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type,
        CASE WHEN typname IN ('varchar', 'text') THEN 'text' WHEN typname IN ('int2', 'int4', 'int8') THEN 'integer' ELSE 'other' END AS kind,
        CASE WHEN typname IN ('int2', 'int4', 'int8') THEN typlen::int WHEN typname = 'varchar' AND atttypmod > 4 THEN atttypmod - 4 END AS holds,
        CASE WHEN collname IN ('C', 'POSIX', 'ucs_basic') OR (collname = 'default' AND datcollate IN ('C', 'POSIX')) THEN 1 ELSE 0 END AS by_bytes,
        CASE WHEN collisdeterministic THEN 0 ELSE 1 END AS loose, '' AS characters,
        CASE WHEN attnotnull THEN 0 ELSE 1 END AS nullable, CASE WHEN atthasdef OR attidentity <> '' THEN 1 ELSE 0 END AS filled, '' AS more
      FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_type ON pg_type.oid = atttypid LEFT JOIN pg_catalog.pg_collation ON pg_collation.oid = attcollation
        JOIN pg_catalog.pg_database ON datname = current_database()
      WHERE attrelid = ${is} AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    indexes: `SELECT relname::text AS name, attname::text AS column_name, CASE WHEN indisunique AND indimmediate THEN 1 ELSE 0 END AS is_unique,
        CASE WHEN indisvalid AND amname = 'btree' AND (indpred IS NULL OR pg_get_expr(indpred, indrelid) = format('(%I IS NOT NULL)',
            (SELECT one.attname FROM pg_catalog.pg_attribute AS one WHERE one.attrelid = indrelid AND one.attnum = indkey[0])))
          THEN 1 ELSE 0 END AS whole
      FROM pg_catalog.pg_index JOIN pg_catalog.pg_class ON pg_class.oid = indexrelid JOIN pg_catalog.pg_am ON pg_am.oid = relam
        CROSS JOIN LATERAL generate_series(0, indnkeyatts - 1) AS place
        LEFT JOIN pg_catalog.pg_attribute ON attrelid = indrelid AND attnum = indkey[place] AND indkey[place] <> 0
      WHERE indrelid = ${is} ORDER BY relname, place`,
  }
}

const INTEGERS = "data_type IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint')"

export function mysqlQueries(table: TableName): Queries {
  const schema = table.schema === undefined ? 'DATABASE()' : `'${table.schema}'`
  const is = `table_schema = ${schema} AND table_name = '${table.table}'`
  return {
    table: `SELECT IF(table_type = 'BASE TABLE', 1, 0) AS plain, IF(engine = 'MyISAM', 1, 0) AS my_isam FROM information_schema.tables WHERE ${is}`,
    names: `SELECT DISTINCT index_name AS name FROM information_schema.statistics WHERE ${is}`,
    columns: `SELECT LOWER(column_name) AS name, CAST(column_type AS CHAR) AS type,
        CASE WHEN data_type IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext') THEN 'text'
          WHEN ${INTEGERS} THEN 'integer' ELSE 'other' END AS kind,
        CASE WHEN ${INTEGERS} THEN ELT(FIELD(data_type, 'tinyint', 'smallint', 'mediumint', 'int', 'bigint'), 1, 2, 3, 4, 8)
          ELSE character_maximum_length END AS holds,
        IF(RIGHT(collation_name, 4) = '_bin', 1, 0) AS by_bytes, IF(RIGHT(collation_name, 4) = '_bin', 0, 1) AS loose, character_set_name AS characters,
        IF(is_nullable = 'YES', 1, 0) AS nullable,
        IF(${defaultText} IS NOT NULL OR extra LIKE '%auto_increment%' OR generation_expression <> '', 1, 0) AS filled,
        IF(extra LIKE '%auto_increment%', 1, 0) AS counts,
        CONCAT(COALESCE(CONCAT(' DEFAULT ', ${defaultText}), ''), IF(column_comment = '', '', CONCAT(' COMMENT ', QUOTE(column_comment)))) AS more
      FROM information_schema.columns WHERE ${is} ORDER BY ordinal_position`,
    indexes: `SELECT index_name AS name, LOWER(column_name) AS column_name, IF(non_unique = 0, 1, 0) AS is_unique, IF(sub_part IS NULL, 1, 0) AS whole
      FROM information_schema.statistics WHERE ${is} ORDER BY index_name, seq_in_index`,
    triggers: `SELECT trigger_name AS name FROM information_schema.triggers
      WHERE event_object_schema = ${schema} AND event_object_table = '${table.table}' AND event_manipulation IN ('INSERT', 'UPDATE')`,
  }
}

/** MariaDB gives defaults as expressions, and the one that is none as the text NULL; MySQL gives what they are. */
const defaultText = `(CASE WHEN VERSION() LIKE '%MariaDB%' THEN NULLIF(column_default, 'NULL')
          WHEN extra LIKE '%DEFAULT_GENERATED%' THEN CONCAT('(', column_default, ')') WHEN column_default IS NOT NULL THEN QUOTE(column_default) END)`

/** By the PRAGMAs that can be read as tables: D1 has them too. */
export function sqliteQueries({ schema = 'main', table }: TableName): Queries {
  const inFile = quotedName(schema, 'sqlite')
  // What a column makes of a text that looks like a number is told by its type's name: sqlite.org/datatype3.html, 3.1.
  const upper = 'upper(type)'
  const isInteger = `${upper} LIKE '%INT%'`
  const isText = `${upper} LIKE '%CHAR%' OR ${upper} LIKE '%CLOB%' OR ${upper} LIKE '%TEXT%' OR ${upper} LIKE '%BLOB%' OR type = ''`
  return {
    table: `SELECT CASE WHEN type = 'table' THEN 1 ELSE 0 END AS plain FROM ${inFile}.sqlite_master
      WHERE type IN ('table', 'view') AND lower(name) = lower('${table}')`,
    names: `SELECT name FROM ${inFile}.sqlite_master WHERE name LIKE 'idx%'`,
    columns: `SELECT lower(name) AS name, type, CASE WHEN ${isInteger} THEN 'integer' WHEN ${isText} THEN 'text' ELSE 'other' END AS kind,
        CASE WHEN ${isInteger} THEN 8 END AS holds, 1 AS by_bytes, 0 AS loose, '' AS characters,
        CASE WHEN "notnull" THEN 0 ELSE 1 END AS nullable, CASE WHEN dflt_value IS NULL OR upper(dflt_value) = 'NULL' THEN 0 ELSE 1 END AS filled, '' AS more
      FROM pragma_table_info('${table}', '${schema}')`,
    indexes: `SELECT list.name AS name, lower(info.name) AS column_name, list."unique" AS is_unique, 1 - list."partial" AS whole
      FROM pragma_index_list('${table}', '${schema}') AS list, pragma_index_info(list.name, '${schema}') AS info ORDER BY list.name, info.seqno`,
  }
}
