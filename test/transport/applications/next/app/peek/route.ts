export { text as GET } from '../../application.ts'
