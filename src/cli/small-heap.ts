import { setFlagsFromString } from 'node:v8'

/**
 * Keeps the room for young objects at the size that it begins with. What a long walk over a store makes of them it needs for a page only, but V8 lets that
 * room grow for as long as the walk lasts, to 100 MB and more, beside the servers that the machine is there for.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
