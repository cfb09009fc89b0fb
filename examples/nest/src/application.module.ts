import { Inject, Logger, Module } from '@nestjs/common'
import type { OnModuleInit } from '@nestjs/common'
import { SessionManager } from 'holdfast'
import { FileDriver } from 'holdfast/file'
import { SessionModule } from 'holdfast/nest'
import { HomeController } from './home.controller.js'

declare module 'holdfast' {
  interface SessionData {
    name: string
    visits: number
  }
}

@Module({
  imports: [SessionModule.forRoot({ manager: { driver: new FileDriver({ path: 'var/sessions' }), cookie: { secure: 'auto' } } })],
  controllers: [HomeController],
})
export class ApplicationModule implements OnModuleInit {
  constructor(@Inject(SessionManager) private readonly sessions: SessionManager) {}

  onModuleInit(): void {
    const logger = new Logger('Sessions')
    this.sessions.on('refused', ({ reason }) => logger.warn(`A request was refused: ${reason}`))
  }
}
