import { logout } from '../../../../../../src/adapters/next.ts'
import { served } from '../../application.ts'

export const POST = served(logout({ redirect: '/home' }))
