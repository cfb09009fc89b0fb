import { logout } from '../../../../../../../src/adapters/sveltekit.ts'

export const POST = logout({ redirect: '/home' })
