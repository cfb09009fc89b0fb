import { logout } from 'holdfast/h3'

export default logout({ redirect: '/' })
