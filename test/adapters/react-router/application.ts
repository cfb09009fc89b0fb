import { createElement } from 'react'
import type { ReactElement } from 'react'
import { renderToReadableStream } from 'react-dom/server'
import { Outlet, RouterContextProvider, ServerRouter, createRequestHandler, isRouteErrorResponse, useRouteError } from 'react-router'
import type { ActionFunction, LoaderFunction, MiddlewareFunction, ServerBuild } from 'react-router'

/** A route of an application under test. One without a component is a resource route. */
export interface TestRoute {
  readonly middleware?: MiddlewareFunction<Response>[]
  readonly loader?: LoaderFunction
  readonly action?: ActionFunction
  readonly default?: () => ReactElement | null
}

/** An application under test. */
export interface TestApplication {
  fetch(request: Request): Promise<Response>
  /** What its `handleError` was told. */
  readonly errors: readonly unknown[]
}

function ErrorBoundary(): ReactElement {
  const error = useRouteError()
  return createElement('p', null, isRouteErrorResponse(error) ? `Refused ${error.status} ${String(error.data)}` : 'Broken')
}

/** An application as React Router's own server runtime runs it, of modules that no bundler has seen. */
export function application(
  middleware: MiddlewareFunction<Response>[],
  routes: Readonly<Record<string, TestRoute>>,
  getLoadContext = (): RouterContextProvider => new RouterContextProvider(),
): TestApplication {
  const errors: unknown[] = []
  const modules = { root: { middleware, default: () => createElement(Outlet), ErrorBoundary }, ...routes }
  const build: ServerBuild = {
    entry: {
      module: {
        async default(request, status, headers, context) {
          headers.set('content-type', 'text/html')
          const page = createElement(ServerRouter, { context, url: request.url })
          return new Response(await renderToReadableStream(page, { onError: () => undefined }), { status, headers })
        },
        handleError: (error) => void errors.push(error),
      },
    },
    routes: Object.fromEntries(
      Object.entries(modules).map(([path, module]) => {
        const place = path === 'root' ? { path: '' } : { path: path.slice(1), parentId: 'root' }
        return [path, { id: path, ...place, module: Object.assign({ default: undefined }, module) }]
      }),
    ),
    assets: {
      entry: { imports: [], module: '/entry.js' },
      routes: Object.fromEntries(
        Object.entries(modules).map(([id, module]) => {
          const place = id === 'root' ? {} : { parentId: 'root' }
          return [id, { ...NOTHING_IN_THE_BROWSER, id, ...place, hasLoader: 'loader' in module, hasAction: 'action' in module }]
        }),
      ),
      url: '/manifest.js',
      version: '1',
    },
    publicPath: '/',
    assetsBuildDirectory: '',
    future: {},
    ssr: true,
    isSpaMode: false,
    prerender: [],
    routeDiscovery: { mode: 'initial', manifestPath: '/__manifest' },
  }
  const handle = createRequestHandler(build, 'production')
  return { errors, fetch: (request) => handle(request, getLoadContext()) }
}

const NOTHING_IN_THE_BROWSER = {
  hasClientAction: false,
  hasClientLoader: false,
  hasClientMiddleware: false,
  hasErrorBoundary: false,
  clientActionModule: undefined,
  clientLoaderModule: undefined,
  clientMiddlewareModule: undefined,
  hydrateFallbackModule: undefined,
  imports: [],
  module: '/route.js',
}
