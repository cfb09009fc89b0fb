import type { MutantEdit } from '../../scripts/mutants/mutant.ts'

/** A sentence of the protocol, taken out of the sources. */
export interface Mutation {
  readonly name: string
  /** What goes wrong without it. */
  readonly without: string
  readonly edits: readonly MutantEdit[]
}

function mutation(name: string, without: string, file: string, text: string, changed: string): Mutation {
  return { name, without, edits: [{ file, text, without: changed }] }
}

const STORE = 'proof/simulation/store.ts'
const SETTLE = 'src/drivers/settle.ts'
const REPLACE = 'src/drivers/replace.ts'
const REVOKE = 'src/drivers/revoke.ts'

/** Each must be found by the simulation. */
export const mutations: readonly Mutation[] = [
  mutation(
    'a lease is taken only when no other lives',
    'two requests write what they read at the same time',
    STORE,
    'if (this.#isLeased(entry) && entry.lease?.token !== token) return BUSY\n',
    '',
  ),
  {
    name: 'a write is let in only under the writer’s lease and at the version that was read',
    without: 'a process that was stopped overwrites what others have written since',
    edits: [
      {
        file: STORE,
        text: 'entry.lease?.token === lease.token &&\n      this.#isLeased(entry) &&\n      entry.record !== undefined &&\n      sameVersion(entry.record.version, lease.version)',
        without: 'entry.record !== undefined',
      },
    ],
  },
  mutation(
    'an update is let in only at the version that was read',
    'of two that merge at the same time one is lost',
    STORE,
    "if (!sameVersion(entry.record.version, version)) return { kind: 'conflict' }\n    return { kind: 'written', ...this.#put(entry, write) }",
    "return { kind: 'written', ...this.#put(entry, write) }",
  ),
  mutation(
    'a lease in use keeps what merges out',
    'a merge between reading and writing is overwritten, or lets the writer fail',
    STORE,
    "if (this.#isLeased(entry)) return { kind: 'busy' }\n    if (!sameVersion",
    'if (!sameVersion',
  ),
  mutation(
    'a write without an answer is read back before it is sent again',
    'it is carried out twice, or called lost though it was made',
    SETTLE,
    "if (found.version.writeToken === write.writeToken) return { kind: 'found', found }",
    "if (found.version.writeToken === write.writeToken) return { kind: 'answered', answer: await write.send(), again: false }",
  ),
  mutation(
    'a refusal of a second sending is read back',
    'changes are replayed on top of themselves, and count twice',
    SETTLE,
    "if (answer.kind === 'written') return { kind: 'answered', answer, again: true }",
    "return { kind: 'answered', answer, again: true }",
  ),
  mutation(
    'an update of which nobody can say whether it came first is no conflict',
    'changes are replayed on top of themselves, and count twice',
    SETTLE,
    "if (settled.kind === 'lost' || (settled.kind === 'gone' && settled.isUnsure)) throw SessionLockError.unsure(key)",
    "if (settled.kind === 'lost') return { kind: 'conflict' }",
  ),
  mutation(
    'a commit that is unsure is not told as done',
    'what is acknowledged is not there',
    SETTLE,
    "if (settled.kind === 'lost' || (settled.kind === 'gone' && settled.isUnsure)) return { kind: 'lost', isUnsure: true }",
    "if (settled.kind === 'lost' || settled.kind === 'gone') return { kind: 'written', version: lease.version, expiresAt: 0, lease: undefined, readBack: true }",
  ),
  mutation(
    'a refused marker is doubted',
    'the new record is destroyed, and a late copy of the marker ends the old one: the session is lost',
    REPLACE,
    "if (settled.kind === 'answered' && settled.answer.kind !== 'written') return settled.answer",
    "if (settled.kind === 'answered' && settled.answer.kind !== 'written') {\n    await steps.destroyNew().catch(leave)\n    return settled.answer\n  }",
  ),
  mutation(
    'a marker whose answer was lost is looked for',
    'the new record is destroyed though the old one leads to it: the session is lost',
    REPLACE,
    "if (settled.kind === 'gone' || settled.kind === 'lost') {",
    "if (settled.kind === 'gone' || settled.kind === 'lost' || settled.kind === 'found') {",
  ),
  mutation(
    'the new record is destroyed when the old one has ended meanwhile',
    'a logout is undone by a change of id that was under way',
    REPLACE,
    '    await steps.destroyNew().catch(leave)\n    return { kind: settled.kind }\n',
    "    const { version, expiresAt } = inserted\n    return { kind: 'written', version, expiresAt, lease: undefined, readBack: true }\n",
  ),
  mutation(
    'a logout follows what a change of id has left',
    'a logout that met a marker is acknowledged, and the session lives on under its new id',
    'src/manager/ending.ts',
    'if (successor !== undefined) await destroyFamily(house, await successor)\n',
    '',
  ),
  mutation(
    'a logout leaves the marker of a rotation where it is',
    'the logout that comes after one whose process died is acknowledged, and the session lives on under its new id',
    'proof/simulation/store.ts',
    "if (marker?.reason !== 'rotation') this.#entries.delete(key)",
    'this.#entries.delete(key)',
  ),
  mutation(
    'a revocation lists again until nothing is found',
    'a session whose id changed since the list lives on',
    REVOKE,
    'for (const key of keys) if',
    'for (const key of pass > 0 ? [] : keys) if',
  ),
  mutation(
    'a login looks at the epoch again after its write',
    'a login that a revocation did not see lives on',
    REVOKE,
    'const revoked = after.counter !== before.counter && !wasLeft',
    'const revoked = after.counter < before.counter && !wasLeft',
  ),
  mutation(
    'after a login the old id leads nowhere',
    'who had the id of before the login is logged in by it',
    'src/manager/next-id.ts',
    "if (reason === 'login') return { id: newSessionId(), replacement: { reason, salt: undefined } }\n",
    "if (reason === 'login') {\n    const known = randomHex(SALT_BYTES)\n    return { id: await successorId(id, known), replacement: { reason: 'rotation', salt: known } }\n  }\n",
  ),
  mutation(
    'an insert is never sent twice',
    'a session that was logged out is back, or there are two of it',
    REPLACE,
    '    await steps.destroyNew().catch(leave)\n    throw staysUnknown',
    '    const again = await steps.insert()\n    if (again !== undefined) return again\n    throw staysUnknown',
  ),
]
