import { edit, mutation, proof, tests } from './mutation.ts'
import type { Mutation } from './mutation.ts'

const FILE = 'src/drivers/file'
const SUITE = 'test/drivers/file.test.ts'
const FIRST_WRITE = '      const state = folder.isDurable ? await writeFirstSlotDurably(fd, image) : writeSlot(fd, undefined, image)\n'

export const fileMutations: readonly Mutation[] = [
  mutation(
    'files: the kernel’s lock is not taken',
    proof('file', 'client-delay'),
    `${FILE}/open-record.ts`,
    'if (!folder.locks.take(fd)) {',
    'if (fd < 0) {',
  ),
  {
    name: 'files: the lock is left before the write',
    judge: proof('file', 'client-delay'),
    edits: [
      edit(
        `${FILE}/leased-steps.ts`,
        "import { isLinked, lockRecord, peekOpen } from './open-record.ts'",
        "import { isLinked, lockRecord, openRecord, peekOpen } from './open-record.ts'",
      ),
      edit(
        `${FILE}/leased-steps.ts`,
        '    leases.take(token, open)\n    return heldAnswer(open, token, now)\n',
        '    leases.take(token, { ...open, fd: openRecord(folder, key, open.path, 2) ?? open.fd })\n    folder.locks.close(open.fd)\n    return heldAnswer(open, token, now)\n',
      ),
    ],
  },
  mutation(
    'files: a merge does not look at the version',
    proof('file', 'stop'),
    `${FILE}/unleased-steps.ts`,
    "    if (version !== undefined && !sameVersion(open.content.record.version, version)) return { kind: 'conflict' }\n",
    '',
  ),
  mutation(
    'files: a commit is answered though its file has lost its name',
    tests(SUITE, 'test/drivers/file/ending.test.ts'),
    `${FILE}/leased-steps.ts`,
    '  const written = isLinked(folder, held.record)\n    ? await leases.during(folder.locks, held, () => writeOver(folder, held.record, write, options, now))\n    : undefined\n',
    '  const written = await leases.during(folder.locks, held, () => writeOver(folder, held.record, write, options, now))\n',
  ),
  mutation(
    'files: a lock is kept by who gives it back',
    proof('file', 'client-delay'),
    `${FILE}/leases.ts`,
    '    if (!held.isBusy) locks.close(held.record.fd)\n',
    '',
  ),
  mutation(
    'files: a change of id leaves the old record as it is',
    proof('file', 'client-delay'),
    `${FILE}/leased-steps.ts`,
    '    await overwriteWithMarker(folder, old, marker, now)\n',
    '',
  ),
  mutation(
    'files: a write goes over the text that is live',
    tests('test/drivers/file/slots.test.ts', 'test/drivers/file/crash.test.ts'),
    `${FILE}/slots.ts`,
    'const index = live?.index === 0 ? 1 : 0',
    'const index = live?.index ?? 0',
  ),
  mutation(
    'files: the head of a long text is written before the text',
    tests('test/drivers/file/slots.test.ts', 'test/drivers/file/crash.test.ts'),
    `${FILE}/slots.ts`,
    '      { bytes: image.subarray(DESCRIPTOR_BYTES), position: offset },\n      { bytes: image.subarray(0, DESCRIPTOR_BYTES), position: start },\n',
    '      { bytes: image.subarray(0, DESCRIPTOR_BYTES), position: start },\n      { bytes: image.subarray(DESCRIPTOR_BYTES), position: offset },\n',
  ),
  mutation(
    'files: the checksum of a text is not compared',
    tests('test/drivers/file/slots.test.ts'),
    `${FILE}/slots.ts`,
    'return crc32(text, covered) === head.readUInt32LE(start + 4)',
    'return crc32(text, covered) >= 0',
  ),
  mutation(
    'files: a record that lost its name before it was locked is served',
    tests(SUITE, 'test/drivers/file/holders.test.ts'),
    `${FILE}/open-record.ts`,
    'if (nlink > 0) {',
    'if (nlink >= 0) {',
  ),
  {
    name: 'files: a new record has its name before it is whole',
    judge: proof('file', 'full-disk'),
    edits: [
      edit(`${FILE}/create-record.ts`, FIRST_WRITE, ''),
      edit(`${FILE}/create-record.ts`, '      isKept = true\n', `${FIRST_WRITE}      isKept = true\n`),
    ],
  },
  mutation(
    'files: the file of a session that has ended stays open',
    tests('test/drivers/file/open-files.test.ts'),
    'src/drivers/file/file-driver.ts',
    "      if (destroyed.kind !== 'marker') this.#leases.releaseEnded(folder.locks, key)\n",
    '',
  ),
]
