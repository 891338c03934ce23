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
    const accessKeyId = headerValue(environment.AWS_ACCESS_KEY_ID) || headerValue(environment.AWS_ACCESS_KEY)
    const secretAccessKey = trimmed(environment.AWS_SECRET_ACCESS_KEY) || trimmed(environment.AWS_SECRET_KEY)
    const sessionToken = headerValue(environment.AWS_SESSION_TOKEN)
    if (!accessKeyId || !secretAccessKey || sessionToken === undefined) return undefined
    return { accessKeyId, secretAccessKey, sessionToken }
}

/** A secret read from a file by a shell or an orchestrator often ends in a line break, which is no part of it. */
function trimmed(value: string | undefined): string {
    return value === undefined ? '' : value.trim()
}

/** The value for a header, or undefined when a control character in it would end the header and begin another. */
function headerValue(value: string | undefined): string | undefined {
    const text = trimmed(value)
    return /[\x00-\x1f\x7f]/.test(text) ? undefined : text
}
