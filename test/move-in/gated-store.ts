import { OldStore } from './world.ts'

/** A store of which a test decides what becomes of each call. */
export class GatedStore extends OldStore {
  readonly calls: string[] = []
  failing: string | undefined
  /** Awaited before a write goes on. */
  gate: Promise<void> | undefined

  override get(sid: string, done: (error: unknown, session?: unknown) => void): void {
    if (this.#refuses('get', done)) super.get(sid, done)
  }
  override set(sid: string, session: object, done: (error?: unknown) => void): void {
    if (this.#refuses('set', done)) void (this.gate ?? Promise.resolve()).then(() => super.set(sid, session, done))
  }
  override destroy(sid: string, done: (error?: unknown) => void): void {
    if (this.#refuses('destroy', done)) super.destroy(sid, done)
  }
  override touch(_sid: string, _session: object, done: (error?: unknown) => void): void {
    if (this.#refuses('touch', done)) done()
  }

  #refuses(method: string, done: (error?: unknown) => void): boolean {
    this.calls.push(method)
    if (this.failing === method) done(new Error('connection refused'))
    return this.failing !== method
  }
}
