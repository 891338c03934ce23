import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { NginxCommand } from './nginx-process.js'

/** An nginx with the njs module. */
export interface Nginx extends NginxCommand {
    /** `1.22.1` */
    version: string
    /** The njs module, an absolute path. */
    modulePath: string
}

/** Default folders of nginx: sbin may not be on the user's PATH. */
const usualFolders = ['/usr/sbin', '/usr/local/sbin', '/usr/local/nginx/sbin']

/** Finds this machine's nginx with the njs module; undefined if it has none. */
export async function findNginx(): Promise<Nginx | undefined> {
    for (const folder of [...(process.env.PATH ?? '').split(':'), ...usualFolders]) {
        const program = path.resolve(folder, 'nginx')
        if (!existsSync(program)) continue
        const nginx = await inspectNginx({ program, arguments: [] }, '/')
        if (nginx !== undefined) return nginx
    }
    return undefined
}

/**
 * Reads the version and the module path of an nginx.
 *
 * @param root the folder that its built-in paths are relative to
 * @returns undefined when it cannot be run or has no njs module
 */
export async function inspectNginx(command: NginxCommand, root: string): Promise<Nginx | undefined> {
    const about = await run(command, ['-V'])
    const version = /nginx\/(\d+\.\d+\.\d+)/.exec(about)?.[1]
    if (version === undefined) return undefined
    const modules = /--modules-path=(\S+)/.exec(about)?.[1] ?? '/usr/lib/nginx/modules'
    const modulePath = path.join(root, modules, 'ngx_http_js_module.so')
    return existsSync(modulePath) ? { ...command, version, modulePath } : undefined
}

async function run(command: NginxCommand, words: string[]): Promise<string> {
    try {
        const { stdout, stderr } = await promisify(execFile)(command.program, [...command.arguments, ...words])
        return stdout + stderr
    } catch {
        return '' // missing, or not executable on this machine
    }
}
