import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { NginxCommand } from './nginx-process.js'

/** An nginx that can run the script. */
export interface Nginx extends NginxCommand {
    /** `1.22.1` */
    version: string
    /** The njs module, an absolute path. */
    modulePath: string
}

/** Where packages put nginx; sbin is not on everybody's PATH. */
const usualFolders = ['/usr/sbin', '/usr/local/sbin', '/usr/local/nginx/sbin']

/** This machine's nginx with the njs module, or undefined where there is none. */
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
 * Asks an nginx for its version and where its modules are.
 *
 * @param root the folder that is `/` for the paths it was built with
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
        return '' // not there, or not to be run here
    }
}
