export { text as POST } from '../../application.ts'
