export function load(): { readonly secret: string } {
  return { secret: 'changed' }
}
