import { edit, mutation, proof, tests } from './mutation.ts'
import type { Mutation } from './mutation.ts'

const VISIT = 'src/manager/visit.ts'
const STEPS = 'src/manager/store-steps.ts'
const CUSTODY = 'src/manager/custody.ts'
const SETTLE = 'src/drivers/settle.ts'
const REPLACE = 'src/drivers/replace.ts'
const REVOKE = 'src/drivers/revoke.ts'

export const managerMutations: readonly Mutation[] = [
  mutation(
    'an answer goes out before the commit is done',
    proof('redis', 'kill', 'store-delay', 'stop'),
    VISIT,
    '      return settled instanceof Promise ? settled.then(succeed, fail) : succeed(settled)\n',
    '      if (!(settled instanceof Promise)) return succeed(settled)\n      settled.catch((error: unknown) => this.#failed(error))\n      return succeed(true)\n',
  ),
  mutation(
    'a commit that failed is answered as if it had not',
    proof('redis', 'stop', 'stall', 'store-cut'),
    VISIT,
    'return isAnonymous ? NO_COOKIE : Promise.reject(failure)',
    'return isAnonymous ? NO_COOKIE : this.#committed()',
  ),
  mutation(
    'a cookie is given before its record is written',
    proof('redis', 'kill', 'store-cut', 'store-delay'),
    'src/manager/settlement.ts',
    "    const stored = await insertSession(this.#house, this.#state)\n    this.#house.events.emit('created', { key: stored.key })\n",
    "    const inserting = insertSession(this.#house, this.#state)\n    if (!keepOpen) {\n      inserting.then((stored) => this.#custody.haveStored(stored)).catch(() => undefined)\n      Object.defineProperty(this.#custody, 'isStored', { value: true })\n      return true\n    }\n    const stored = await inserting\n    this.#house.events.emit('created', { key: stored.key })\n",
  ),
  mutation(
    'a logout is answered before the session is ended',
    proof('redis', 'kill', 'store-delay'),
    CUSTODY,
    'if (this.#hold?.hasLease === true) await destroySession(this.#house, this.#storedId, this.#stored.key)\n      else await destroyFamily(this.#house, this.#storedId)\n',
    'void destroySession(this.#house, this.#storedId, this.#stored.key).catch(() => undefined)\n',
  ),
  mutation(
    'a logout leaves what a change of id has made of the session meanwhile',
    proof('memory', 'client-delay'),
    'src/manager/ending.ts',
    "    if (there.kind !== 'marker') return there.kind === 'record'\n",
    "    if (moves >= 0) return there.kind === 'record'\n",
  ),
  mutation(
    'who is next in line is handed what the one before has read, not what it has written',
    proof('memory', 'client-delay'),
    STEPS,
    'hold.handOn(heirs, result.lease, outcome.stored.record, outcome.stored.now)',
    'hold.handOn(heirs, result.lease, { ...stored.record, version: outcome.stored.record.version }, outcome.stored.now)',
  ),
  mutation(
    'a lease that is handed on keeps its token',
    tests('test/manager/handing-on.test.ts'),
    STEPS,
    'const keepLease = keepOpen || heirs !== undefined ? randomHex(TOKEN_BYTES) : undefined\n  const { key, token } = hold.lease',
    'const keepLease = keepOpen || heirs !== undefined ? hold.lease.token : undefined\n  const { key, token } = hold.lease',
  ),
  mutation(
    'a write that was only found by reading back is handed on',
    tests('test/manager/shaky-writes.test.ts'),
    STEPS,
    'else if (heirs !== undefined && !result.readBack) hold.handOn',
    'else if (heirs !== undefined) hold.handOn',
  ),
  mutation(
    'a lock is not given back by a request that changed nothing',
    proof('redis', 'client-delay'),
    'src/manager/hold.ts',
    "    else this.endAfter('unlock', () => this.#house.locking?.unlock(lease) ?? Promise.resolve())\n",
    '',
  ),
  mutation(
    'leases are not renewed',
    tests('test/manager/renewal.test.ts'),
    'src/manager/renewal.ts',
    'else if (held.hasLease && now - held.renewedAt >= this.#leaseMs / 3) void this.#renew(held, now)',
    'else if (held.hasLease && now - held.renewedAt >= this.#leaseMs * 1e6) void this.#renew(held, now)',
  ),
  {
    name: 'an id that the store does not know becomes the id of the new session',
    judge: proof('memory', 'client-delay'),
    edits: [
      edit(
        'src/manager/arrival.ts',
        '      this.#debt.hasCookie = false\n    }\n    this.openNew()\n',
        '      this.#debt.hasCookie = false\n    }\n    this.openNew()\n    this.#state.setId(ids[0])\n',
      ),
    ],
  },
  mutation(
    'after a login the old id leads to the session',
    proof('memory', 'client-delay'),
    'src/manager/next-id.ts',
    "  if (reason === 'login') return { id: newSessionId(), replacement: { reason, salt: undefined } }\n",
    "  if (reason === 'login') {\n    const known = randomHex(SALT_BYTES)\n    return { id: await successorId(id, known), replacement: { reason: 'rotation', salt: known } }\n  }\n",
  ),
  mutation(
    'the id of before an automatic change leads nowhere',
    tests('test/manager/rotation-marker.test.ts', 'test/manager/login-marker.test.ts', 'test/manager/auto-rotation.test.ts'),
    STEPS,
    'const result = await givingBack(house, key, keepLease, () => locking.replace(lease, key, record, marker, options))',
    'const result = await givingBack(house, key, keepLease, () => locking.replace(lease, key, record, { ...marker, salt: undefined }, options))',
  ),
  mutation(
    'what a conflict has shown is not read again before a merge is sent again',
    proof('memory', 'client-delay'),
    'src/manager/merges.ts',
    'base = { id: finding.id, stored: { key: finding.key, record: finding.record, now: finding.now, readAt: performance.now() } }',
    'base = { id: finding.id, stored: { ...base.stored, record: { ...base.stored.record, version: finding.record.version } } }',
  ),
  mutation(
    'a write that reading back finds is told as not done',
    proof('redis', 'store-cut-answer'),
    SETTLE,
    "    if (found.version.writeToken === write.writeToken) return { kind: 'found', found }\n",
    "    if (found.version.writeToken === write.writeToken) return { kind: 'gone', isUnsure: false }\n",
  ),
  mutation(
    'a write without an answer is told as done',
    proof('redis', 'store-cut', 'store-kill'),
    SETTLE,
    "    if (!sameVersion(found.version, write.from)) return found.isMarker ? { kind: 'gone', isUnsure: true } : { kind: 'lost' }\n",
    "    if (found !== undefined) return { kind: 'found', found }\n",
  ),
  mutation(
    'an update without an answer is a conflict, and is done again on what it may have written',
    tests('test/drivers/settle.test.ts', 'test/drivers/settle-conformance.test.ts'),
    SETTLE,
    "  if (settled.kind === 'lost' || (settled.kind === 'gone' && settled.isUnsure)) throw SessionLockError.unsure(key)\n",
    "  if (settled.kind === 'lost') return { kind: 'conflict' }\n",
  ),
  mutation(
    'an insert without an answer is sent again',
    tests('test/drivers/settle-replace.test.ts', 'test/drivers/settle-crash.test.ts', 'test/drivers/settle-holes.test.ts'),
    REPLACE,
    '    await steps.destroyNew().catch(leave)\n    throw staysUnknown',
    '    const again = await steps.insert()\n    if (again !== undefined) return again\n    throw staysUnknown',
  ),
  mutation(
    'a new session whose insert failed is sent again under its id',
    tests('test/manager/store-errors.test.ts', 'test/manager/shaky-writes.test.ts', 'test/manager/shaky-exploration.test.ts'),
    STEPS,
    '      state.setId(undefined)\n      if (tries >= MAX_INSERTS || !mayHaveHappened(error)) throw error\n    }\n    state.setId(newSessionId())\n',
    '      if (tries >= MAX_INSERTS || !mayHaveHappened(error)) throw error\n    }\n',
  ),
  mutation(
    'the new record stays when the old one was ended while its id changed',
    tests('test/drivers/settle-replace.test.ts', 'test/drivers/settle-crash.test.ts'),
    REPLACE,
    '    await steps.destroyNew().catch(leave)\n    return { kind: settled.kind }\n',
    "    const { version, expiresAt } = inserted\n    return { kind: 'written', version, expiresAt, lease: undefined, readBack: true }\n",
  ),
  mutation(
    'a login does not read the epoch again after its write',
    tests('test/drivers/settle-revoke.test.ts'),
    REVOKE,
    'const revoked = after.counter !== before.counter && !wasLeft',
    'const revoked = after.counter < before.counter && !wasLeft',
  ),
  mutation(
    'a revocation lists once',
    tests('test/drivers/settle-revoke.test.ts'),
    REVOKE,
    'for (const key of keys) if',
    'for (const key of pass > 0 ? [] : keys) if',
  ),
]
