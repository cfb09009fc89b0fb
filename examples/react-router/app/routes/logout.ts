import { logout } from 'holdfast/react-router'

export const action = logout({ redirect: '/' })
