import { vi } from 'vitest'
import { encryptedSuite } from '../support/encrypted-suite.ts'

// A runtime that has nothing of Node's.
vi.mock(import('../../src/serializers/sealing/node-engine.ts'), () => ({ nodeEngine: () => undefined }))

encryptedSuite({ answersLater: true, numRuns: 200 })
