import { UsageError } from '../../core/user-error.js'

/** A separate part of AWS, with its own domain and IAM. */
interface Partition {
    /** The second part of an ARN. */
    id: string
    /** The domain of its endpoints. */
    domain: string
}

/** Partitions by the prefix of their regions' names. @see botocore, data/partitions.json */
const partitions: [prefix: string, partition: Partition][] = [
    ['cn-', { id: 'aws-cn', domain: 'amazonaws.com.cn' }],
    ['us-gov-', { id: 'aws-us-gov', domain: 'amazonaws.com' }],
    ['eusc-', { id: 'aws-eusc', domain: 'amazonaws.eu' }],
    ['us-iso-', { id: 'aws-iso', domain: 'c2s.ic.gov' }],
    ['us-isob-', { id: 'aws-iso-b', domain: 'sc2s.sgov.gov' }],
    ['eu-isoe-', { id: 'aws-iso-e', domain: 'cloud.adc-e.uk' }],
    ['us-isof-', { id: 'aws-iso-f', domain: 'csp.hci.ic.gov' }],
]

/** The partition of a region, by default that of the commercial regions. */
export function awsPartition(region: string): Partition {
    const found = partitions.find(([prefix]) => region.startsWith(prefix))
    return found?.[1] ?? { id: 'aws', domain: 'amazonaws.com' }
}

/** A region as in a credential scope. Throws UsageError for an invalid one. */
export function parseRegion(text: string): string {
    if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) {
        throw new UsageError(`${JSON.stringify(text)} is not a region`, 'Write it as AWS does: eu-central-1')
    }
    return text
}
