import { logout } from 'holdfast/sveltekit'

export const POST = logout({ redirect: '/' })
