import { csrf, logout } from 'holdfast/next'
import { withSession } from '../../lib/sessions'

export const POST = withSession(csrf()(logout({ redirect: '/' })))
