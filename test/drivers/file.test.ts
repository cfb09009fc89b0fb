import { describe, it } from 'vitest'
import { keepsTheContract } from './file/contract.ts'

describe('FileDriver keeps the driver contract', () => {
  keepsTheContract(it, {})
})

describe("FileDriver with durability 'power' keeps the driver contract", () => {
  keepsTheContract(it, { durability: 'power' })
})

describe('FileDriver for a single process keeps the driver contract', () => {
  keepsTheContract(it, { singleProcess: true })
})
