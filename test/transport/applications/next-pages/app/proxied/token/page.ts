export { default } from '../../token/page.ts'
