import { databaseMutations } from './database.ts'
import { fileMutations } from './file.ts'
import { managerMutations } from './manager.ts'
import { memoryMutations } from './memory.ts'
import type { Mutation } from './mutation.ts'
import { redisMutations } from './redis.ts'

/** Each must be noticed by its judge. */
export const mutations: readonly Mutation[] = [
  ...managerMutations,
  ...memoryMutations,
  ...fileMutations,
  ...databaseMutations,
  ...redisMutations,
]
