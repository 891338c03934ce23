import { inspectNginx, findNginx, type Nginx } from '../../../scripts/nginx/find-nginx.js'

/**
 * The nginx under test: this machine's, or that of the root file system in `TEST_NGINX_ROOT` (an unpacked Debian), which
 * its own loader starts without a chroot.
 */
export async function nginxUnderTest(): Promise<Nginx> {
    const root = process.env.TEST_NGINX_ROOT
    const nginx = root === undefined ? await findNginx() : await nginxOfRoot(root)
    if (nginx === undefined) throw new Error(`there is no nginx with the njs module in ${root ?? 'this machine'}`)
    return nginx
}

async function nginxOfRoot(root: string): Promise<Nginx | undefined> {
    const libraries = `${root}/usr/lib/x86_64-linux-gnu`
    const words = ['--library-path', libraries, `${root}/usr/sbin/nginx`]
    return inspectNginx({ program: `${libraries}/ld-linux-x86-64.so.2`, arguments: words }, root)
}

/** The engine under test: `TEST_JS_ENGINE`, or nginx's own. */
export function jsEngineUnderTest(): 'njs' | 'qjs' | undefined {
    const engine = process.env.TEST_JS_ENGINE
    if (engine !== undefined && engine !== 'njs' && engine !== 'qjs') throw new Error(`no engine: ${engine}`)
    return engine
}
