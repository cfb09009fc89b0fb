export { default, generateMetadata } from '../../read/page.ts'
