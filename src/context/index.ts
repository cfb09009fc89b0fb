/**
 * The session of the request that is running, for code that is not handed it: a logger, a repository, a template helper.
 * @module
 */
export { currentSession } from './current-session.ts'
