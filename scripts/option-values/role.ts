import { UsageError } from '../../core/user-error.js'

/** The ARN of a role. Ceph's ARNs have no account. @see AWS IAM User Guide, "IAM identifiers" */
export function parseRoleArn(text: string): string {
    if (!/^arn:[a-z0-9-]+:iam::[\w-]*:role\/[\w+=,.@/-]{1,576}$/.test(text)) {
        throw new UsageError(
            `${JSON.stringify(text)} is not the ARN of a role`,
            'Write it as IAM shows it: arn:aws:iam::123456789012:role/NAME',
        )
    }
    return text
}

/** @see AWS STS API reference, AssumeRole, ExternalId */
export function parseExternalId(text: string): string {
    if (!/^[\w+=,.@:/-]{2,1224}$/.test(text)) {
        throw new UsageError(
            `${JSON.stringify(text)} cannot be an external ID`,
            'Use 2 to 1224 of A-Z, a-z, 0-9 and _+=,.@:/-',
        )
    }
    return text
}
