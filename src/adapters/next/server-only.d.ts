// Next knows this name by itself; it need not be installed.
declare module 'server-only'
