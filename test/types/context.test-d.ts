import { currentSession } from '../../src/context/index.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'

declare const staff: SessionManager<{ role: 'admin' | 'clerk' }>

const role: 'admin' | 'clerk' | undefined = currentSession(staff)?.get('role')
const anything: unknown = currentSession()?.get('any.key')
void [role, anything]
// @ts-expect-error no such key in this manager's data
currentSession(staff)?.get('rank')
// @ts-expect-error there may be no session
currentSession().get('any.key')
// @ts-expect-error a manager is asked for, not a name
currentSession('staff')
