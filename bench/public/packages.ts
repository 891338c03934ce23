import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { mapParallel } from '../../core/parallel.js'
import { readDistribution, type Distribution } from '../../scripts/distribution/read-distribution.js'
import { installPrograms, runProgram } from '../servers/programs.js'

/** Wheels of PyPI for any platform, and about so many files on the page of their project. */
const packages: readonly (readonly [requirement: string, files: number])[] = [
    ['alabaster==1.0.0', 70],
    ['asgiref==3.13.0', 100],
    ['attrs==26.1.0', 90],
    ['blinker==1.9.0', 25],
    ['boto3==1.44.8', 3900],
    ['botocore==1.44.8', 4300],
    ['cachetools==8.0.2', 100],
    ['certifi==2026.10.19.post1', 160],
    ['click==8.5.1', 120],
    ['colorama==0.4.6', 50],
    ['distlib==0.4.4', 60],
    ['docutils==0.23', 80],
    ['filelock==4.3.1', 200],
    ['flask==3.1.3', 110],
    ['fsspec==2026.9.0', 160],
    ['idna==3.20', 60],
    ['importlib-metadata==10.2.0', 300],
    ['iniconfig==2.3.1', 20],
    ['itsdangerous==2.2.0', 50],
    ['jinja2==3.1.6', 120],
    ['jmespath==1.1.0', 60],
    ['markdown-it-py==4.3.0', 80],
    ['mdurl==0.1.2', 6],
    ['mpmath==1.4.1', 50],
    ['packaging==26.4', 100],
    ['platformdirs==4.14.8', 120],
    ['pluggy==1.7.0', 50],
    ['pyasn1==0.6.5', 200],
    ['pygments==2.21.0', 130],
    ['pyjwt==2.15.1', 120],
    ['pyparsing==3.3.3', 220],
    ['pytest==9.2.0', 370],
    ['python-dateutil==4.0.0', 50],
    ['pytz==2026.6', 370],
    ['requests==2.34.2', 310],
    ['rich==15.0.0', 370],
    ['s3transfer==0.19.3', 180],
    ['setuptools==84.2.1', 1400],
    ['six==1.17.0', 60],
    ['sortedcontainers==2.4.0', 50],
    ['sqlparse==0.6.1', 80],
    ['tabulate==0.10.0', 50],
    ['tomlkit==0.15.2', 130],
    ['tqdm==4.70.1', 400],
    ['typing-extensions==4.16.0', 110],
    ['urllib3==2.8.0', 240],
    ['virtualenv==21.15.11', 550],
    ['werkzeug==3.1.9', 200],
    ['wheel==0.48.0', 150],
    ['zipp==4.1.2', 100],
]

/** A downloaded wheel, with about as many files on its page as PyPI has. */
export interface PublicPackage extends Distribution {
    pageFiles: number
}

/** What clients install. */
export const requirements = packages.map(([requirement]) => requirement)

export const pipVersion = '26.3'

/**
 * Downloads the wheels from PyPI into the user's cache, unless they are already there.
 *
 * @throws Error with pip's last line
 */
export async function downloadPackages(signal: AbortSignal): Promise<PublicPackage[]> {
    const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache')
    const folder = path.join(cache, 'nginx-s3-pypi', 'bench', 'public-wheels')
    if (!existsSync(folder)) {
        const programs = await installPrograms([`pip==${pipVersion}`], signal)
        const incomplete = `${folder}.incomplete`
        await rm(incomplete, { recursive: true, force: true })
        await mkdir(incomplete, { recursive: true })
        const options = ['--quiet', '--no-deps', '--only-binary', ':all:', '--dest', incomplete]
        await runProgram(path.join(programs, 'pip'), ['download', ...options, ...requirements], {}, signal)
        await rename(incomplete, folder)
    }
    return mapParallel([...packages], 4, async ([requirement, pageFiles]) => {
        const [name, version] = requirement.split('==') as [string, string]
        const stem = `${name.replaceAll('-', '_')}-${version}`
        const file = ['py3', 'py2.py3'].map((tag) => path.join(folder, `${stem}-${tag}-none-any.whl`)).find(existsSync)
        if (file === undefined) throw new Error(`${folder} has no wheel of ${requirement}: delete the folder`)
        return { ...(await readDistribution(file, { acceptUnusual: true })), pageFiles }
    })
}
