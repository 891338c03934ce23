import { missingDebianRoot } from '../machine/debian-root.js'
import { missingPrograms, missingRgw, missingSwift } from '../machine/requirements.js'
import type { S3Name } from './s3-servers.js'
import { missingVersitygw } from './versitygw.js'

const missing: Record<S3Name, () => string | undefined> = {
    embedded: () => undefined,
    rgw: missingRgw,
    'rgw-forky': () => missingDebianRoot('forky', 'ceph') ?? missingPrograms(['curl'], 'curl'),
    swift: missingSwift,
    versitygw: () => missingVersitygw() ?? missingPrograms(['curl'], 'curl'),
}

/** What is missing to start an S3 server, or undefined. */
export function missingS3(name: S3Name): string | undefined {
    return missing[name]()
}
