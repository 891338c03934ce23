/** What signs a request to S3. */
export interface Credentials {
    accessKeyId: string
    secretAccessKey: string
    /** Of temporary credentials; empty for a long-lived key. */
    sessionToken: string
}

/** The environment: undefined where a variable is not set. */
export interface Environment {
    [name: string]: string | undefined
}

/**
 * The credentials in the environment, or undefined when there are none that could be used. The names of the AWS SDKs
 * come before those of the 2018 recipe (`AWS_ACCESS_KEY`, `AWS_SECRET_KEY`).
 */
export function credentialsFrom(environment: Environment): Credentials | undefined {
    const id = environment.AWS_ACCESS_KEY_ID
    const secret = environment.AWS_SECRET_ACCESS_KEY
    const token = environment.AWS_SESSION_TOKEN
    return (
        asTheyAre(id, secret, token) ||
        credentialsOf(trimmed(id) || environment.AWS_ACCESS_KEY, trimmed(secret) || environment.AWS_SECRET_KEY, token)
    )
}

/** Credentials that are clean: an older njs takes a fiftieth of a request to trim them. */
function asTheyAre(
    id: string | undefined,
    secret: string | undefined,
    token: string | undefined,
): Credentials | undefined {
    return id && secret && !/[^!-~]/.test(id + secret + (token || ''))
        ? { accessKeyId: id, secretAccessKey: secret, sessionToken: token || '' }
        : undefined
}

/** Credentials without the white space around them, or undefined when a part is missing or could not be sent. */
export function credentialsOf(
    accessKeyId: string | undefined,
    secretAccessKey: string | undefined,
    sessionToken: string | undefined,
): Credentials | undefined {
    const id = trimmed(accessKeyId)
    const secret = trimmed(secretAccessKey)
    const token = trimmed(sessionToken)
    // A control character would end the header and begin another.
    if (!id || !secret || /[\x00-\x1f\x7f]/.test(id + secret + token)) return undefined
    return { accessKeyId: id, secretAccessKey: secret, sessionToken: token }
}

/** A secret read from a file by a shell or an orchestrator often ends in a line break, which is no part of it. */
function trimmed(value: string | undefined): string {
    return value === undefined ? '' : value.trim()
}
