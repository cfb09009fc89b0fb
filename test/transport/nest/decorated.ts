import { Controller, Module } from '@nestjs/common'
import type { ModuleMetadata, Type } from '@nestjs/common'

/** A method of a controller, as decorators see it. */
export interface Route {
  /** In the order in which they would be written. */
  readonly decorators: readonly MethodDecorator[]
  /** One for each parameter. */
  readonly parameters?: readonly ParameterDecorator[]
  readonly handle: (...given: never[]) => unknown
}

/** Makes a controller. The sources are run without a build, and so have no decorators: they are called. */
export function controllerOf(routes: readonly Route[], ...decorators: readonly ClassDecorator[]): Type<object> {
  class Routes {
    readonly count = routes.length
  }
  routes.forEach((route, index) => addRoute(Routes.prototype, `route${index}`, route))
  for (const decorate of [Controller(), ...decorators]) decorate(Routes)
  return Routes
}

/** Makes a module. */
export function moduleOf(metadata: ModuleMetadata): Type<object> {
  class Root {
    readonly metadata = metadata
  }
  Module(metadata)(Root)
  return Root
}

function addRoute(prototype: object, name: string, { decorators, parameters = [], handle }: Route): void {
  const descriptor: PropertyDescriptor = { value: handle, writable: true, configurable: true }
  Object.defineProperty(prototype, name, descriptor)
  parameters.forEach((decorate, index) => decorate(prototype, name, index))
  for (const decorate of decorators.toReversed()) decorate(prototype, name, descriptor)
}
