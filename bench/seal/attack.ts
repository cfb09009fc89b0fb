import { setImmediate as pause } from 'node:timers/promises'
import { randomFrom } from '../file/support.ts'
import { forgeriesOf, phpTextOf } from './forgeries.ts'
import { fuzzed } from './fuzz.ts'
import { Tallies, isUnreadableError, outcomeOf } from './outcome.ts'
import { PrototypeWatch } from '../../proof/fuzz/prototypes.ts'
import { type Open, type Target, makeTargets } from './targets.ts'

export interface AttackRun {
  /** Sealed texts, each of which is forged in every way. */
  readonly envelopes: number
  /** Texts of no kind in particular. */
  readonly fuzzed: number
  /** How many of both the engine of WebCrypto is given: it takes a promise for each. */
  readonly byWeb: { readonly envelopes: number; readonly fuzzed: number }
  readonly seed: number
  readonly log: (line: string) => void
}

export interface AttackResult {
  /** Sealed texts that opened in their place and gave what was sealed: nothing that follows counts without this. */
  readonly openedAsSealed: number
  readonly openedAsSealedByWeb: number
  /** Whole texts of the PHP library that opened. */
  readonly phpTexts: number
  readonly phpTextsOpened: number
  readonly byNode: Tallies
  readonly byWeb: Tallies
  /** Fuzzed texts where plain ones are taken: one that says it is sealed must be refused as ever. */
  readonly leniently: Tallies
  readonly prototypesTouched: number
}

const SAYS_IT_IS_SEALED = /^hf\d{1,4}\./
const BREATH = 1000

/** Tries forged and fuzzed texts on all that opens. */
export async function attack(run: AttackRun): Promise<AttackResult> {
  const random = randomFrom(run.seed)
  const watch = new PrototypeWatch()
  const targets = makeTargets(run.envelopes, random)
  const forWeb = targets.slice(0, run.byWeb.envelopes)
  const phpTexts = targets.flatMap((target) => phpTextOf(target) ?? [])
  const result = {
    openedAsSealed: await openedAsSealed(targets, ({ deployment }) => deployment.open),
    openedAsSealedByWeb: await openedAsSealed(forWeb, ({ deployment }) => deployment.openByWeb),
    phpTexts: phpTexts.length,
    phpTextsOpened: await phpTextsOpened(targets),
  }
  run.log(`${targets.length} envelopes, of which ${result.openedAsSealed} open as they should`)
  const byNode = new Tallies()
  for (const [at, target] of targets.entries()) {
    await forge(target, target.deployment.open, byNode)
    if ((at + 1) % 100 === 0) run.log(`${at + 1} envelopes forged, ${byNode.total.tries} tries`)
  }
  const leniently = await fuzz(targets, run.fuzzed, random, byNode, run.log)
  run.log(`${byNode.total.tries} tries; now by WebCrypto`)
  const byWeb = new Tallies()
  for (const target of forWeb) await forge(target, target.deployment.openByWeb, byWeb)
  await fuzzByWeb(targets, run.byWeb.fuzzed, random, byWeb)
  return { ...result, byNode, byWeb, leniently, prototypesTouched: watch.touched() }
}

/** Tries all that can be made of one sealed text. */
export async function forge(target: Target, open: Open, tallies: Tallies): Promise<void> {
  for (const { kind, text, context } of forgeriesOf(target)) {
    const outcome = outcomeOf(() => open(text, context))
    tallies.add(kind, outcome instanceof Promise ? await outcome : outcome)
  }
  await pause()
}

async function fuzz(targets: readonly Target[], count: number, random: () => number, strictly: Tallies, log: AttackRun['log']) {
  const leniently = new Tallies()
  let tried = 0
  for (const { kind, text, context, target } of fuzzed(targets, count, random)) {
    const { open, openLeniently } = target.deployment
    const saysSo = SAYS_IT_IS_SEALED.test(text)
    const strict = outcomeOf(() => open(text, context))
    const lenient = outcomeOf(() => openLeniently(text, context), saysSo ? undefined : isUnreadableError)
    if (strict instanceof Promise || lenient instanceof Promise) throw new TypeError('this engine opens at once')
    strictly.add(kind, strict)
    leniently.add(saysSo ? 'says that it is sealed' : 'a plain text', lenient)
    tried += 1
    if (tried % BREATH === 0) await pause()
    if (tried % 100_000 === 0) log(`${tried} fuzzed texts`)
  }
  return leniently
}

async function fuzzByWeb(targets: readonly Target[], count: number, random: () => number, tallies: Tallies): Promise<void> {
  for (const { kind, text, context, target } of fuzzed(targets, count, random)) {
    tallies.add(kind, await outcomeOf(() => target.deployment.openByWeb(text, context)))
  }
}

async function openedAsSealed(targets: readonly Target[], openOf: (target: Target) => Open): Promise<number> {
  let count = 0
  for (const target of targets) {
    const opened = await openOf(target)(target.text, target.context)
    if (
      typeof opened === 'object' &&
      opened !== null &&
      [Reflect.get(opened, 'value'), Reflect.get(opened, 'plain')].includes(target.plain)
    ) {
      count += 1
    }
  }
  return count
}

async function phpTextsOpened(targets: readonly Target[]): Promise<number> {
  let count = 0
  for (const target of targets) {
    const text = phpTextOf(target)
    if (text !== undefined && (await outcomeOf(() => target.deployment.open(text, target.context))) === 'opened') count += 1
  }
  return count
}
