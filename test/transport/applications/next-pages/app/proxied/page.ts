export { default } from '../status/page.ts'
