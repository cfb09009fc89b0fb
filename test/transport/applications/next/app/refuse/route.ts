import { notFound } from 'next/navigation'
import { theHouse } from '../../../the-house.ts'
import { served } from '../../application.ts'

export const GET = served(async (_, context) => {
  await theHouse().count(context.session)
  notFound()
})
