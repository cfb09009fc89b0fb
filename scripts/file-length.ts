import { type CheckResult, filesUnder, readText, runCheck } from './support/check.ts'

const MOST_LINES = 300
const FOLDERS = ['src', 'test', 'scripts', 'examples', 'bench', 'proof']
const CODE = /\.(?:[cm]?[jt]s|css|html)$/

/** No file is longer than a reader can hold in mind. */
export function fileLength(root: string): CheckResult {
  const files = FOLDERS.flatMap((folder) => filesUnder(root, folder)).filter((file) => CODE.test(file))
  const problems = files.flatMap((file) => {
    const lines = readText(root, file).trimEnd().split('\n').length
    return lines > MOST_LINES ? [`${file} has ${lines} lines, at most ${MOST_LINES} are allowed: split it by topic`] : []
  })
  return { summary: `${files.length} files of at most ${MOST_LINES} lines`, problems }
}

if (import.meta.main) await runCheck('file length', fileLength)
