import { type CheckResult, filesUnder, readText, runCheck } from './support/check.ts'

const TEXT = /\.(?:[cm]?[jt]s|json|md|css|html|svg|ya?ml|txt)$|^\.[\w/.]+$|^[A-Z]+$/

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/https?:\/\/(?:registry\.|deb\.|security\.debian|packages\.)/, 'the host of a package registry'],
  [/(?<![\w.])\/(?:work|farm|root|home|Users)\/[A-Za-z.]/, 'a path of one machine'],
]

/** Nothing of the machine that something was made on stays in it. */
export function hygiene(root: string): CheckResult {
  const files = filesUnder(root).filter((file) => TEXT.test(file))
  const problems = files.flatMap((file) =>
    readText(root, file)
      .split('\n')
      .flatMap((line, index) =>
        FORBIDDEN.filter(([pattern]) => pattern.test(line)).map(([, what]) => `${file}:${index + 1} names ${what}`),
      ),
  )
  if (files.includes('package-lock.json')) problems.push(...downloadAddresses(readText(root, 'package-lock.json')))
  return { summary: `${files.length} files name no registry and no machine; package-lock.json has no download addresses`, problems }
}

function downloadAddresses(lockfile: string): string[] {
  const { packages }: { packages: Record<string, { readonly resolved?: string; readonly link?: boolean }> } = JSON.parse(lockfile)
  const first = Object.entries(packages).find(([, entry]) => entry.resolved !== undefined && entry.link !== true)?.[0]
  if (first === undefined) return []
  return [
    `package-lock.json has download addresses ("resolved"), such as that of ${first}: install with omit-lockfile-registry-resolved (.npmrc)`,
  ]
}

if (import.meta.main) await runCheck('hygiene', hygiene)
