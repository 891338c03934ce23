import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { UserError } from '../core/user-error.js'
import { nginxFeatures } from '../scripts/nginx/nginx-version.js'
import { findNginx, inspectNginx, type Nginx } from '../scripts/nginx/find-nginx.js'

/** An engine that runs the script in nginx. */
export type JsEngine = 'njs' | 'qjs'

/** An nginx to measure, with a name for the report. */
export interface NginxAtHand extends Nginx {
    /** `1.30.6 (forky)` */
    name: string
    engines: JsEngine[]
    /** What the recipe of 2018 needs; undefined where it is not there. */
    recipe: RecipeParts | undefined
}

/** The modules of Debian that the recipe of 2018 was made of, and Lua's own files. */
export interface RecipeParts {
    modules: string[]
    luaPath: string
}

/**
 * This machine's nginx and those of unpacked root file systems, oldest first.
 *
 * @param roots folders into which a Debian with nginx and its njs module was unpacked
 * @throws UserError when a root has none, or when there is none at all
 */
export async function nginxesAtHand(roots: readonly string[]): Promise<NginxAtHand[]> {
    const own = await findNginx()
    const found = own === undefined ? [] : [atHand(own, 'this machine', '')]
    for (const root of roots) found.push(atHand(await nginxOfRoot(root), path.basename(root), root))
    if (found.length === 0) {
        throw new UserError(
            'this machine has no nginx with the njs module',
            'Install it: apt-get install nginx libnginx-mod-http-js',
        )
    }
    return found.sort((one, other) => one.version.localeCompare(other.version, 'en', { numeric: true }))
}

/** @param root the folder that is `/` to it; empty for this machine's */
function atHand(nginx: Nginx, place: string, root: string): NginxAtHand {
    const engines: JsEngine[] = nginxFeatures(nginx.version).quickJs ? ['njs', 'qjs'] : ['njs']
    return { ...nginx, name: `${nginx.version} (${place})`, engines, recipe: recipeParts(nginx, root) }
}

function recipeParts({ modulePath }: Nginx, root: string): RecipeParts | undefined {
    const modules = ['ndk_http_module.so', 'ngx_http_lua_module.so', 'ngx_http_set_misc_module.so'].map((name) =>
        path.join(path.dirname(modulePath), name),
    )
    return modules.every(existsSync) ? { modules, luaPath: `${root}/usr/share/lua/5.1/?.lua` } : undefined
}

/** The nginx of an unpacked Debian, run by that Debian's own loader: this machine's C library may be too old for it. */
async function nginxOfRoot(root: string): Promise<Nginx> {
    const nginx = await inspectNginx(loaderCommand(root, `${root}/usr/sbin/nginx`), root)
    if (nginx === undefined) {
        throw new UserError(
            `--nginx-root ${root}: there is no nginx with the njs module that could be run`,
            'Unpack a Debian with the packages nginx and libnginx-mod-http-js there.',
        )
    }
    return nginx
}

function loaderCommand(root: string, program: string): { program: string; arguments: string[] } {
    for (const machine of ['x86_64-linux-gnu', 'aarch64-linux-gnu']) {
        // Before Debian 13 a package may have its files in /lib, which is /usr/lib on a machine that runs.
        const folders = [`${root}/usr/lib/${machine}`, `${root}/lib/${machine}`]
        for (const folder of folders) {
            const loader = filesOf(folder).find((name) => /^ld-linux-.*\.so\.\d$/.test(name))
            if (loader === undefined) continue
            return { program: `${folder}/${loader}`, arguments: ['--library-path', folders.join(':'), program] }
        }
    }
    throw new UserError(`--nginx-root ${root}: there is no Debian`, 'Name the folder that holds its usr/.')
}

function filesOf(folder: string): string[] {
    try {
        return readdirSync(folder)
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
        throw error
    }
}
