import { session } from 'holdfast/h3'
import { sessions } from '../lib/sessions.ts'

export default session(sessions)
