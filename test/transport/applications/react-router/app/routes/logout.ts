import { logout } from '../../../../../../src/adapters/react-router.ts'

export const action = logout({ redirect: '/home' })
