// Next's own tools know it by this name alone; Node's rules, by which the tests are compiled, would want the file's.
declare module 'next/navigation' {
  export { forbidden, notFound, permanentRedirect, redirect } from 'next/navigation.js'
}
