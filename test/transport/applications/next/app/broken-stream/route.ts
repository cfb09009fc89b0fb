import { streamOf } from '../../../../stream-of.ts'
import { theHouse } from '../../../the-house.ts'
import { stream } from '../../application.ts'

export const GET = stream(() => streamOf(theHouse().brokenChunks()))
