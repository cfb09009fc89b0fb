import type { RequestListener } from 'node:http'

export interface CandidateOptions {
  /** A folder of its own, where it may keep files. It is there. */
  readonly folder: string
  /** Where the store is that all servers of the run share, if there is one. */
  readonly storeUrl?: string | undefined
}

/** One of those that are measured against each other: what `start` of `bench/servers/NAME.ts` gives. */
export interface Candidate {
  readonly listener: RequestListener
  /** Gives back what it holds. */
  readonly close?: () => void | Promise<void>
}

export type StartCandidate = (options: CandidateOptions) => Candidate | Promise<Candidate>

// What a server process answers, as types that `Protocol` takes.
export type ServerProtocol = {
  /** Starts it, and answers its port on 127.0.0.1. */
  readonly listen: { readonly ask: CandidateOptions & { readonly name: string }; readonly answer: number }
  /** CPU that the process has used up to now, of all its threads, in microseconds. */
  readonly cpuMicros: { readonly ask: undefined; readonly answer: number }
}
