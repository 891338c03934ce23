import { readOrExplain } from './read-file.js'
import { credentialsOf, type Credentials, type Environment } from '../signing/credentials.js'

/** Whether the `*_FILE` variables are set, which name Docker or Kubernetes secrets. */
export function namesSecretFiles(environment: Environment): boolean {
    return Boolean(environment.AWS_ACCESS_KEY_ID_FILE || environment.AWS_SECRET_ACCESS_KEY_FILE)
}

/** The AWS SDKs' shared credentials file; undefined when neither its variable nor HOME is set. */
export function sharedFile(environment: Environment): string | undefined {
    if (environment.AWS_SHARED_CREDENTIALS_FILE) return environment.AWS_SHARED_CREDENTIALS_FILE
    return environment.HOME ? environment.HOME + '/.aws/credentials' : undefined
}

/**
 * Reads the credentials from the files that the environment names.
 *
 * @param readFile returns the text of a file; throws Error
 * @throws Error that names the variable or the file, and the cure
 */
export function fileCredentials(environment: Environment, readFile: (path: string) => string): Credentials {
    if (namesSecretFiles(environment)) return secretFiles(environment, readFile)
    const path = sharedFile(environment)
    if (!path) {
        throw new Error('set AWS_ACCESS_KEY_ID_FILE and AWS_SECRET_ACCESS_KEY_FILE, or AWS_SHARED_CREDENTIALS_FILE')
    }
    const name = (environment.AWS_PROFILE || 'default').trim()
    const profile = parseProfile(readOrExplain(path, readFile), name)
    if (!profile) throw new Error(path + ' has no profile [' + name + ']: see AWS_PROFILE')
    const credentials = credentialsOf(
        profile.aws_access_key_id,
        profile.aws_secret_access_key,
        profile.aws_session_token || profile.aws_security_token,
    )
    if (credentials) return credentials
    throw new Error('the profile [' + name + '] of ' + path + ' lacks aws_access_key_id or aws_secret_access_key')
}

function secretFiles(environment: Environment, readFile: (path: string) => string): Credentials {
    const idFile = environment.AWS_ACCESS_KEY_ID_FILE
    const secretFile = environment.AWS_SECRET_ACCESS_KEY_FILE
    const tokenFile = environment.AWS_SESSION_TOKEN_FILE
    if (!idFile || !secretFile) throw new Error('set both AWS_ACCESS_KEY_ID_FILE and AWS_SECRET_ACCESS_KEY_FILE')
    // Reads again when the ID changed meanwhile: the secret could belong to another key.
    for (let attempt = 0; attempt < 3; attempt++) {
        const id = readOrExplain(idFile, readFile)
        const secret = readOrExplain(secretFile, readFile)
        const token = tokenFile ? readOrExplain(tokenFile, readFile) : ''
        if (readOrExplain(idFile, readFile) !== id) continue
        const credentials = credentialsOf(id, secret, token)
        if (credentials) return credentials
        throw new Error('there are no credentials in ' + idFile + ' and ' + secretFile)
    }
    throw new Error(idFile + ' keeps changing')
}

/**
 * The settings of one profile, with lower-case names; undefined when the file has no such profile.
 *
 * @see AWS SDKs and Tools Reference Guide, "Shared config and credentials files": a line that begins with `#` or `;` is a
 * comment, and ` #` or ` ;` ends a value
 */
export function parseProfile(text: string, name: string): { [setting: string]: string } | undefined {
    let found: { [setting: string]: string } | undefined
    let inside = false
    text.split('\n').forEach(function (line) {
        const title = sectionTitle(line)
        if (title !== undefined) {
            inside = title === name
            if (inside && !found) found = {}
            return
        }
        const equals = line.indexOf('=')
        if (!inside || !found || equals < 1 || /^[\s#;]/.test(line)) return
        const value = line.slice(equals + 1)
        const comment = value.search(/\s[#;]/)
        found[line.slice(0, equals).trim().toLowerCase()] = (comment < 0 ? value : value.slice(0, comment)).trim()
    })
    return found
}

/** The name in `[NAME]`, `[profile NAME]` or `[profile "NAME"]`; undefined for any other line. */
function sectionTitle(line: string): string | undefined {
    const text = line.trim()
    const end = text.indexOf(']')
    if (text.charAt(0) !== '[' || end < 0) return undefined
    const title = text.slice(1, end).trim()
    const bare = /^profile\s/.test(title) ? title.slice(8).trim() : title
    const isQuoted = bare.length > 1 && bare.charAt(0) === '"' && bare.charAt(bare.length - 1) === '"'
    return isQuoted ? bare.slice(1, -1) : bare
}
