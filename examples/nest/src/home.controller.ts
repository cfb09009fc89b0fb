import { BadRequestException, Body, Controller, Get, Post, Redirect, Render, UseInterceptors } from '@nestjs/common'
import { logout, Session } from 'holdfast/nest'

@Controller()
export class HomeController {
  // The view calls csrfField() and flash(), which stand in the locals of the response.
  @Get()
  @Render('home')
  home(@Session() session: Session): object {
    return { visits: session.increment('visits'), name: session.get('name') }
  }

  @Post('login')
  @Redirect('/', 303)
  async login(@Session() session: Session, @Body('name') name: unknown): Promise<void> {
    if (typeof name !== 'string' || name === '') throw new BadRequestException()
    await session.regenerate({ destroy: true })
    session.setUserId(name)
    session.set('name', name)
    session.flash('status', `Welcome, ${name}.`)
  }

  // The session has ended when this runs.
  @Post('logout')
  @UseInterceptors(logout({ redirect: '/' }))
  logout(): void {}
}
