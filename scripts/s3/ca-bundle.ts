import { readFileSync } from 'node:fs'
import { UserError } from '../../core/user-error.js'

/**
 * The certificates that S3's is verified against, where `AWS_CA_BUNDLE` names a file of them, in the place of all others:
 * the AWS command line and boto3 read it, the SDK for JavaScript does not. Undefined: those of Node, and what
 * `NODE_EXTRA_CA_CERTS` adds to them.
 *
 * @throws UserError for a file that cannot be read or holds no certificate: Node would take it for no authority at all
 */
export function caBundle(file = process.env.AWS_CA_BUNDLE): string | undefined {
    if (file === undefined || file === '') return undefined
    const cure = 'Name a file with certificates (PEM), or unset AWS_CA_BUNDLE.'
    let text: string
    try {
        text = readFileSync(file, 'utf8')
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        throw new UserError(`AWS_CA_BUNDLE names ${file}, which cannot be read (${code})`, cure)
    }
    if (!text.includes('-----BEGIN CERTIFICATE-----')) {
        throw new UserError(`AWS_CA_BUNDLE names ${file}, which holds no certificate`, cure)
    }
    return text
}
