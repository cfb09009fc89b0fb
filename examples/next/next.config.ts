import type { NextConfig } from 'next'

// FileDriver has an addon of the runtime's, which cannot be bundled.
export default { serverExternalPackages: ['holdfast'] } satisfies NextConfig
