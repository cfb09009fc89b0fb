import { reactRouter } from '@react-router/dev/vite'
import { defineConfig } from 'vite'
import { outsideSources } from '../outside-sources.ts'

export default defineConfig({ plugins: [outsideSources(), reactRouter()], logLevel: 'error', ssr: { external: true } })
