import { MemoryDriver } from '../../src/drivers/memory.ts'

/**
 * What a list does to a session that takes a new id in the midst of it, and lies on a page that was looked at before: a store that overlooks one in some of
 * its lists, each of one page.
 */
export class OverlookingDriver extends MemoryDriver {
  /** Which lists, the first one being 1, show all but which session. */
  overlooks: { readonly handle: string; readonly inLists: readonly number[] } = { handle: '-', inLists: [] }
  lists = 0

  override async list(...asked: Parameters<MemoryDriver['list']>): ReturnType<MemoryDriver['list']> {
    this.lists += 1
    const { handle, inLists } = this.overlooks
    const page = await super.list(...asked)
    return inLists.includes(this.lists) ? { ...page, sessions: page.sessions.filter((session) => session.handle !== handle) } : page
  }
}
