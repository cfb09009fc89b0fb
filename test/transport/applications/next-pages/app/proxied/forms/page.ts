export { default } from '../../forms/page.ts'
