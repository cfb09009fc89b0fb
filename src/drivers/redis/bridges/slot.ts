const SLOTS = 16_384
const POLYNOMIAL = 0x1021

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1
  return crc & 0xffff
})

/** The slot of a key in a Redis Cluster: CRC16 (XMODEM) of the key, or of its hash tag. */
export function slotOf(key: string): number {
  const tag = /\{([^}]+)\}/.exec(key)
  const open = key.indexOf('{')
  const isTagged = tag !== null && tag.index === open
  let crc = 0
  for (const byte of Buffer.from(isTagged ? (tag[1] ?? key) : key)) crc = ((crc << 8) ^ (TABLE[((crc >> 8) ^ byte) & 0xff] ?? 0)) & 0xffff
  return crc % SLOTS
}
