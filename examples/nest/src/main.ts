import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { csrf } from 'holdfast/nest'
import { ApplicationModule } from './application.module.js'

const app = await NestFactory.create<NestExpressApplication>(ApplicationModule)
app.setViewEngine('ejs')
app.useGlobalGuards(csrf())
app.enableShutdownHooks()
await app.listen(Number(process.env['PORT'] || 3000), '127.0.0.1')
console.log(await app.getUrl())
