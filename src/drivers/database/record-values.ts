import type { Durations, MarkerWrite, RecordWrite, TextsWrite, Version } from '../../contracts/driver.ts'
import { ENDLESS_MS, NOW } from './dialects/dialect.ts'
import { markerText } from './rows.ts'
import type { Parameters } from './statement.ts'
import { storedText } from './texts.ts'

/** What a record is written with. */
export function recordValues(write: RecordWrite): Partial<Parameters> {
  const { payload, flash, handle, createdAt, authenticatedAt, regeneratedAt, userId, ipAddress, userAgent, durations, writeToken } = write
  return {
    payload: storedText(payload),
    flash: storedText(flash),
    handle: storedText(handle),
    userId: orNull(userId),
    ipAddress: orNull(ipAddress),
    userAgent: orNull(userAgent),
    writeToken: storedText(writeToken),
    createdAt: instant(createdAt),
    authenticatedAt: authenticatedAt === undefined ? null : instant(authenticatedAt),
    regeneratedAt: regeneratedAt === undefined ? null : instant(regeneratedAt),
    idleMs: milliseconds(durations.idleMs),
    absoluteMs: absolute(durations),
  }
}

export function textValues({ payload, flash, writeToken }: TextsWrite): Partial<Parameters> {
  return { payload: storedText(payload), flash: storedText(flash), writeToken: storedText(writeToken) }
}

export function durationValues(durations: Durations): Partial<Parameters> {
  return { idleMs: milliseconds(durations.idleMs), absoluteMs: absolute(durations) }
}

export function versionValues({ counter, writeToken }: Version): Partial<Parameters> {
  return { version: counter, from: storedText(writeToken) }
}

export function markerValues(write: MarkerWrite): Partial<Parameters> {
  return {
    marker: storedText(markerText(write)),
    minimumMs: milliseconds(write.minimumMs),
    maximumMs: milliseconds(write.maximumMs),
    writeToken: storedText(write.writeToken),
  }
}

/** A lease that goes on or begins, or none. */
export function leaseValues(token: string | undefined, leaseMs: number): Partial<Parameters> {
  return token === undefined ? { keepToken: null, leaseMs: null } : { keepToken: token, leaseMs: milliseconds(leaseMs) }
}

export function milliseconds(duration: number): number {
  return Math.min(Math.round(duration), ENDLESS_MS)
}

function absolute({ absoluteMs }: Durations): number {
  return absoluteMs === undefined ? ENDLESS_MS : milliseconds(absoluteMs)
}

function instant(at: number | 'now'): number {
  return at === 'now' ? NOW : Math.round(at)
}

function orNull(text: string | undefined): string | null {
  return text === undefined ? null : storedText(text)
}
