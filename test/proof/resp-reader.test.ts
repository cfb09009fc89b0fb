import { describe, expect, it } from 'vitest'
import { RespError, RespReader, respCommand } from '../../proof/faults/resp-reader.ts'

const MESSAGES: readonly (readonly [string, unknown])[] = [
  ['+OK\r\n', 'OK'],
  ['-ERR no\r\n', new RespError('ERR no')],
  [':-7\r\n', -7],
  ['$3\r\n\r\n\n\r\n', '\r\n\n'],
  ['$0\r\n\r\n', ''],
  ['$-1\r\n', null],
  ['*-1\r\n', null],
  ['*0\r\n', []],
  ['*3\r\n:1\r\n*1\r\n$1\r\na\r\n_\r\n', [1, ['a'], null]],
  ['%1\r\n+key\r\n~1\r\n#t\r\n', ['key', ['t']]],
  ['|1\r\n+ttl\r\n:3\r\n,1.5\r\n', '1.5'],
  ['!7\r\nERR no!\r\n', new RespError('ERR no!')],
  ['=5\r\ntxt:a\r\n', 'txt:a'],
  ['>2\r\n+invalidate\r\n_\r\n', ['invalidate', null]],
  ['(12345678901234567890\r\n', '12345678901234567890'],
  ['PING a\r\n', ['PING', 'a']],
]

describe('RespReader', () => {
  const stream = Buffer.from(MESSAGES.map(([text]) => text).join(''))

  it('tells messages apart, wherever the bytes are torn', () => {
    for (let size = 1; size <= stream.length; size++) {
      const reader = new RespReader()
      const messages = []
      for (let start = 0; start < stream.length; start += size) messages.push(...reader.push(stream.subarray(start, start + size)))
      expect(messages.map(({ value }) => value)).toEqual(MESSAGES.map(([, value]) => value))
      expect(messages.map(({ bytes }) => bytes.toString())).toEqual(MESSAGES.map(([text]) => text))
      expect(messages.filter(({ isPush }) => isPush)).toHaveLength(1)
    }
  })

  it('reads the commands that respCommand writes', () => {
    expect(new RespReader().push(respCommand(['SET', 'clé', 7])).map(({ value }) => value)).toEqual([['SET', 'clé', '7']])
  })
})
