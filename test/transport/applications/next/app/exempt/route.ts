import { served } from '../../application.ts'

export const GET = served(
  (_, { session: visitor }: { readonly session?: unknown }) => new Response(visitor === undefined ? 'none' : 'some'),
)
