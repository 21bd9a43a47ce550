import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{harness,reference,reports,scripts,candidates}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**', 'reports/out/**'],
    testTimeout: 30_000,
    // Whole-run tests start servers and generators; on two cores more of them at once would only measure each other.
    fileParallelism: true,
    maxWorkers: 2,
  },
})
