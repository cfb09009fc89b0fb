import { index, route } from '@react-router/dev/routes'
import type { RouteConfig } from '@react-router/dev/routes'

export default [index('routes/home.tsx'), route('login', 'routes/login.ts'), route('logout', 'routes/logout.ts')] satisfies RouteConfig
