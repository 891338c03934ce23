import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const folders: string[] = []
afterAll(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true }))))

/** A new folder, which is removed at the end of the test file. */
export async function temporaryFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'nginx-s3-pypi-test-'))
    folders.push(folder)
    return folder
}
