/**
 * Whether the code runs while its application is built, to make pages once for everybody, as the build's own tool says by a variable of the environment.
 * The tools' modules that tell it can be asked only by what they bundle.
 */
export function isBuilding(variable: string, value: string): boolean {
  const env: unknown = Reflect.get(Object(Reflect.get(globalThis, 'process')), 'env')
  return Reflect.get(Object(env), variable) === value
}
