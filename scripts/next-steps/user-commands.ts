import { quotedForShell } from '../cli/shell-words.js'
import type { Settings } from '../config/settings.js'
import { isHostName } from '../option-values/endpoint.js'

/** What the commands depend on. */
type Users = Pick<Settings, 'upload' | 'readTokens' | 'serverNames'>

/** A command, and where it is run: by the operator, who has the keys of tokens; by a user; in a job of CI. */
export interface UserCommand {
    by: 'operator' | 'user' | 'job'
    command: string
}

/**
 * The commands of the index's users: pip, and an upload of the files in dist/. In front of them those that make the tokens.
 *
 * @param url of the index, with /simple/ at its end
 * @param keys a file that has the keys of tokens, or `env`
 */
export function userCommands(settings: Users, url: string, keys: string | undefined): UserCommand[] {
    const { upload, readTokens } = settings
    const place = keys === undefined || keys === 'env' ? '' : ` --token-keys ${quotedForShell(keys)}`
    const withToken = url.replace('://', '://__token__:TOKEN@')
    const read: UserCommand[] = [
        ...(readTokens === undefined ? [] : [operator(`manage-index token USER --read --expires 30d${place}`)]),
        user(`pip install --index-url ${readTokens === undefined ? url : withToken} PACKAGE`),
    ]
    return [...(upload?.only ? [] : read), ...publishCommands(settings, url.replace(/\/simple\/$/, '/legacy/'), place)]
}

/**
 * For a user with a password or token, and for a CI job with trusted publishing.
 *
 * @param url of uploads
 * @param place the option that names the keys
 */
function publishCommands({ upload, serverNames }: Users, url: string, place: string): UserCommand[] {
    if (upload === undefined) return []
    const { htpasswd, tokens } = upload
    const trusted = tokens?.trusted !== undefined
    const byToken = htpasswd === undefined && tokens !== undefined
    const as = htpasswd !== undefined ? ' --username USER' : byToken ? ' --username __token__' : ''
    // uv exchanges over https only, so a proxy must terminate TLS if nginx does not.
    const secure = url.startsWith('https:') ? url : `https://${serverNames.find(isHostName) ?? 'HOST'}/legacy/`
    return [
        ...(byToken && !trusted ? [operator(`manage-index token USER --projects PATTERN --expires 90d${place}`)] : []),
        ...(byToken && trusted ? [] : [user(`uv publish --publish-url ${url}${as} dist/*`)]),
        ...(trusted
            ? [{ by: 'job' as const, command: `uv publish --trusted-publishing always --publish-url ${secure} dist/*` }]
            : []),
    ]
}

const operator = (command: string): UserCommand => ({ by: 'operator', command })
const user = (command: string): UserCommand => ({ by: 'user', command })
