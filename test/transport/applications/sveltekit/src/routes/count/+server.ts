export { text as GET } from '../../lib/text.ts'
