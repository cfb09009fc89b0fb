import { csrf } from 'holdfast/h3'

export default csrf()
