import type { Config } from '@react-router/dev/config'

export default { buildDirectory: process.env['HOLDFAST_BUILD'] ?? 'build' } satisfies Config
