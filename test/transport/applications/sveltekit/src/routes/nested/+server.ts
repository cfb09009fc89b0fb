export { text as POST } from '../../lib/text.ts'
