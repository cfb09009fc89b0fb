import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './scripts/ci-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Tests of one file that run side by side mostly wait: for a server, or for a record to end.
    maxConcurrency: 15,
    // Generous, because a loaded machine is no failure: no test asserts a time.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    env: { NODE_ENV: 'test' },
    coverage: { include: ['src/**'] },
  },
})
