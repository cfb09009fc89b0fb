export { GET } from '../../api/count/route.ts'
