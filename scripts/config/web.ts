import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { escapeHtml } from '../../core/html-document.js'
import { packageRoot } from '../cli/package-root.js'
import { builtScript } from './built-script.js'
import { fillTemplate, type GeneratedFile } from './fill-template.js'
import { seal } from './seal.js'
import { fileCacheControl } from './serving.js'
import type { Settings } from './settings.js'

/** The pages, with the way from their addresses to the root of the index: a proxy may serve it below another path. */
const pages = { index: '', project: '../../../', version: '../../../../' }

/** The template values for the pages for people. */
export function webView(settings: Settings) {
    return { web: hasWeb(settings), webHash: hasWeb(settings) && webHash(settings) }
}

/** The pages for people, their script and their style; none without `--web`, or where only uploads are taken. */
export function webFiles(settings: Settings): GeneratedFile[] {
    if (!hasWeb(settings)) return []
    const hash = webHash(settings)
    const shells = Object.entries(pages).map(([name, root]) => ({
        name: `web-${name}.html`,
        content: seal(fillTemplate(asset('page.html.hbs'), pageView(settings, root, hash)), '<!--'),
    }))
    return [...shells, ...assets()]
}

/** Whether the folder has pages for people. */
export function hasWeb({ web, upload }: Settings): boolean {
    return web && upload?.only !== true
}

/** Whether a file of the folder is one of these. */
export function isOfWeb(name: string): boolean {
    return name.startsWith('web-')
}

function pageView(settings: Settings, root: string, hash: string) {
    return {
        root,
        hash,
        // With tokens alone, all readers have one user name.
        user: settings.htpasswd === undefined ? settings.readTokens !== undefined && '__token__' : 'USER',
        fallback: settings.fallback === undefined ? false : escapeHtml(settings.fallback),
    }
}

/** The files below /-/web/, which are the same for each index. */
function assets(): GeneratedFile[] {
    return [
        { name: 'web-app.js', content: seal(builtScript('web-app'), '//') },
        { name: 'web-markdown.js', content: seal(builtScript('web-markdown'), '//') },
        { name: 'web-style.css', content: seal(asset('style.css'), '/*') },
        { name: 'web-icon.svg', content: seal(asset('icon.svg'), '<!--') },
    ]
}

/** Part of the addresses of the assets, so that browsers may keep them for ever. */
function webHash(settings: Settings): string {
    const hash = createHash('sha256')
    // A restricted index marks them as private.
    hash.update(fileCacheControl(settings))
    for (const { name, content } of assets()) hash.update(`${name}\0${content}\0`)
    return hash.digest('hex').slice(0, 16)
}

function asset(name: string): string {
    return readFileSync(new URL(`templates/web/${name}`, packageRoot), 'utf8')
}
