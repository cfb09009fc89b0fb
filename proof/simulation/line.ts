import { UnknownOutcome } from '../../src/drivers/settle.ts'
import { time } from './virtual-time.ts'

/** How long a command may stay without an answer, in milliseconds. All times here are a tenth of the defaults, so that a history has fewer steps. */
export const BOUND_MS = 200

/** A command on its way to the store, or its answer on the way back. */
export interface Command {
  /** The process that sent it. */
  readonly owner: object
  readonly operation: string
  readonly sentAt: number
  readonly work: () => unknown
  /** `lost`: it will not be carried out any more, and no answer comes; whoever sent it has yet to notice. */
  state: 'sent' | 'applied' | 'lost' | 'over'
  /** Does it at the store, as a whole. */
  apply(): void
  /** Gives the answer to who asked. */
  deliver(): void
  /** Tells who asked that no answer comes. It may be carried out all the same, later. */
  giveUp(): void
  /** No answer will be taken any more. */
  isGivenUp: boolean
}

/** What lies between the processes and the store. */
export class Network {
  readonly commands: Command[] = []

  /** Sends a command for whoever runs now. */
  send<Answer>(owner: object, operation: string, work: () => Answer): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      let answer: Answer | undefined
      const command: Command = {
        owner,
        operation,
        sentAt: time.nowMs,
        work,
        state: 'sent',
        isGivenUp: false,
        apply: () => {
          answer = work()
          command.state = 'applied'
        },
        deliver: () => {
          command.state = 'over'
          resolve(answer as Answer)
        },
        giveUp: () => {
          command.isGivenUp = true
          reject(new UnknownOutcome(operation))
        },
      }
      this.commands.push(command)
    })
  }

  /** A client library sends a command again by itself, as it may with all but inserts and updates. Nobody hears of the copy's answer. */
  copy({ owner, operation, sentAt, work }: Command): void {
    const command: Command = {
      owner,
      operation,
      sentAt,
      work,
      state: 'sent',
      isGivenUp: true,
      apply: () => void work(),
      deliver() {},
      giveUp() {},
    }
    this.commands.push(command)
  }

  /** Forgets what is over. */
  tidy(): void {
    for (let at = this.commands.length - 1; at >= 0; at--) if (this.commands[at]?.state === 'over') this.commands.splice(at, 1)
  }
}
