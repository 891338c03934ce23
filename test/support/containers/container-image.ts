import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { defaultNginxVersions } from '../../../scripts/config/option-table.js'
import { docker } from './docker.js'
import { missingEngine, missingPrograms } from '../machine/requirements.js'
import { missingVersitygw, versitygwProgram, versitygwVersion } from '../s3/versitygw.js'

/** The image that the generator's next steps and docker-compose.yml name. */
export const officialImage = `nginx:${defaultNginxVersions.docker}`

const standInFolder = fileURLToPath(new URL('../../containers/stand-in/', import.meta.url))

/** How long fetching the official image may take, in milliseconds, before the tests go on without it. */
const pullTimeout = 120_000

/**
 * The official nginx image or, where no registry can be reached, an image of the same shape that is built from Debian's
 * packages. The choice is printed, since it decides what a run has proved.
 *
 * @returns the name of an image that is there, or what is missing and how to get it
 */
export async function nginxImage(): Promise<{ image: string; missing?: undefined } | { missing: string }> {
    const missing = missingEngine()
    if (missing !== undefined) return { missing }
    if ((await isThere(officialImage)) || (await isPulled(officialImage)))
        return announced(officialImage, 'the official image')

    const image = `nginx-s3-pypi-stand-in:${contentHash(standInFolder)}`
    if (!(await isThere(image))) {
        const missing = missingPrograms(['mmdebstrap'], 'mmdebstrap')
        if (missing !== undefined) return { missing: `${officialImage} cannot be pulled, and ${missing}` }
        await promisify(execFile)(path.join(standInFolder, 'build.sh'), [image])
    }
    return announced(image, `in the place of ${officialImage}, which cannot be pulled here`)
}

/**
 * The official image that runs as another user than root or, in the place of one that cannot be pulled, its stand-in.
 *
 * @param official what `nginxImage` found
 */
export async function unprivilegedImage(official: string): Promise<string> {
    const name = `nginxinc/nginx-unprivileged:${defaultNginxVersions.docker}`
    if (official === officialImage && ((await isThere(name)) || (await isPulled(name)))) return name
    const folder = fileURLToPath(new URL('../../containers/stand-in-unprivileged/', import.meta.url))
    const tag = `nginx-s3-pypi-stand-in-unprivileged:${contentHash(folder)}`
    await docker('build', '--quiet', '--build-arg', `BASE=${official}`, '--tag', tag, folder)
    process.stdout.write(`containers run ${tag}, in the place of ${name}\n`)
    return tag
}

/**
 * The image of versitygw or, where no registry can be reached, one with the same program, built from its sources: that takes a minute
 * or two on a machine that has not built it before.
 *
 * @returns the name of an image that is there, or what is missing and how to get it
 */
export async function versitygwImage(): Promise<{ image: string; missing?: undefined } | { missing: string }> {
    const missing = missingEngine()
    if (missing !== undefined) return { missing }
    const name = `ghcr.io/versity/versitygw:${versitygwVersion}`
    if ((await isThere(name)) || (await isPulled(name))) return { image: name }

    const folder = fileURLToPath(new URL('../../containers/stand-in-s3/', import.meta.url))
    const image = `nginx-s3-pypi-stand-in-s3:${contentHash(folder)}`
    if (!(await isThere(image))) {
        const missing = missingVersitygw() ?? missingPrograms(['mmdebstrap'], 'mmdebstrap')
        if (missing !== undefined) return { missing: `${name} cannot be pulled, and ${missing}` }
        await promisify(execFile)(path.join(folder, 'build.sh'), [image, await versitygwProgram()])
    }
    process.stdout.write(`containers run ${image}, in the place of ${name}, which cannot be pulled here\n`)
    return { image }
}

async function announced(image: string, why: string): Promise<{ image: string }> {
    const version = (await docker('run', '--rm', '--entrypoint', 'nginx', image, '-v')).stderr.trim()
    process.stdout.write(`containers run ${image} (${version}), ${why}\n`)
    return { image }
}

async function isThere(image: string): Promise<boolean> {
    return (await docker('image', 'ls', '--quiet', image)).stdout !== ''
}

async function isPulled(image: string): Promise<boolean> {
    try {
        await promisify(execFile)('docker', ['pull', '--quiet', image], { timeout: pullTimeout })
        return true
    } catch (error) {
        // No registry, none that has it, or one that is too slow: the engine itself answers.
        if (typeof (error as { stderr?: unknown }).stderr === 'string') return false
        throw error
    }
}

/** Changes with every file of the folder, so that an image of other files is not taken for it. */
function contentHash(folder: string): string {
    const hash = createHash('sha256')
    for (const name of readdirSync(folder).sort())
        hash.update(`${name}\0`).update(readFileSync(path.join(folder, name)))
    return hash.digest('hex').slice(0, 12)
}
