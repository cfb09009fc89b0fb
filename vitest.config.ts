import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './scripts/ci-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Generous, because a loaded machine is no failure: no test asserts a time.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    env: { NODE_ENV: 'test' },
    coverage: { include: ['src/**'] },
  },
})
