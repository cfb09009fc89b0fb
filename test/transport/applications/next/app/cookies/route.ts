import { NextResponse } from 'next/server.js'
import { theHouse } from '../../../the-house.ts'
import { served } from '../../application.ts'

export const GET = served(async (_, context) => {
  const response = new NextResponse(await theHouse().count(context.session))
  response.cookies.set('a', '1').set('b', '2')
  return response
})
