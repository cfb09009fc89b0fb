import { defineConfig } from 'nitro'

export default defineConfig({
  serverDir: '.',
  preset: 'node-server',
  // The file driver has a native part, which cannot be bundled.
  rolldownConfig: { external: [/^holdfast/] },
})
