import { readFileSync } from 'node:fs'
import { UserError } from '../../core/user-error.js'

/**
 * Reads the CA certificates in the file `AWS_CA_BUNDLE`, which replace all others. The AWS CLI and boto3 support this
 * variable, the SDK for JavaScript does not.
 *
 * @returns undefined to use Node's certificates and `NODE_EXTRA_CA_CERTS`
 * @throws UserError if the file is unreadable or has no certificate: Node would accept it as an empty list of CAs
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
