/**
 * What `holdfast/next` is to code that runs in browsers: nothing. Next refuses to build a client component that imports it, and says which.
 * @module
 */
// oxlint-disable-next-line import/no-unassigned-import -- it is imported to be refused
import 'server-only'
