// A sealed text, as whoever can write to the store may change it. The first byte of an input says in whose place it stands.
import { fuzzed } from '../../../bench/seal/fuzz.ts'
import { type Outcome, outcomeOf } from '../../../bench/seal/outcome.ts'
import { type Target as Attacked, pick } from '../../../bench/seal/targets.ts'
import type { Random } from '../../simulation/seeded.ts'
import { sealedTargets } from '../sealed.ts'
import { type Target, type Trial, bytesOf, holds, textOf } from '../target.ts'

const SAYS_IT_IS_SEALED = /^hf\d{1,4}\./
/** One of so many goes to WebCrypto too, which takes a promise for each. */
const BY_WEB = 16
const attacked = sealedTargets()

type Open = (target: Attacked, text: string) => unknown

export const target: Target = {
  promise: 'opens if it is the one that was sealed for this place, and gives the one error of all others if not',
  sources: [
    'src/serializers/encrypted.ts',
    'src/serializers/sealing/envelope.ts',
    'src/serializers/sealing/opener.ts',
    'src/serializers/sealing/php-envelope.ts',
  ],
  words: [
    ...attacked.flatMap(({ text, deployment }) => [text, ...deployment.names]),
    'hf1.',
    'hf2.',
    '.',
    '=',
    '__proto__',
    'key_id',
    '"iv"',
  ],
  mostBytes: 4096,
  make,
  open: () => trial(({ deployment, context }, text) => deployment.open(text, context)),
  // It forgives what stands behind the text.
  openMistaken: () => trial(({ deployment, context, text: own }, text) => deployment.open(text.startsWith(own) ? own : text, context)),
}

function trial(open: Open): Trial {
  for (const one of attacked) holds('a text that was sealed opens', isWhatWasSealed(one, open(one, one.text)))
  let tried = 0
  return {
    run(input) {
      const one = pick(attacked, input[0] ?? 0)
      const { deployment, context } = one
      const text = textOf(input.subarray(1))
      if (text === one.text) return holds('a text that was sealed opens', isWhatWasSealed(one, open(one, text)))
      isRefused(outcomeOf(() => open(one, text)))
      if (SAYS_IT_IS_SEALED.test(text)) isRefused(outcomeOf(() => deployment.openLeniently(text, context)))
      tried += 1
      if (tried % BY_WEB !== 0) return undefined
      return Promise.resolve(outcomeOf(() => deployment.openByWeb(text, context))).then(isRefused)
    },
  }
}

function isRefused(outcome: Outcome | Promise<Outcome>): void {
  holds('what nobody sealed for this place does not open', outcome !== 'opened')
  holds('what does not open gives the one error', outcome === 'refused')
}

function isWhatWasSealed({ plain }: Attacked, opened: unknown): boolean {
  return typeof opened === 'object' && opened !== null && 'value' in opened && opened.value === plain
}

function make(random: Random): Buffer {
  const [made] = fuzzed(attacked, 1, () => random.below(2 ** 32) / 2 ** 32)
  if (made === undefined || random.below(8) === 0) {
    const at = random.below(attacked.length)
    return Buffer.concat([Buffer.of(at), bytesOf(pick(attacked, at).text)])
  }
  return Buffer.concat([Buffer.of(attacked.indexOf(made.target)), bytesOf(made.text)])
}
