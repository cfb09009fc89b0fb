import { sequence } from '@sveltejs/kit/hooks'
import { csrf, session } from 'holdfast/sveltekit'
import { sessions } from './lib/server/sessions.ts'

export const handle = sequence(session(sessions), csrf())
