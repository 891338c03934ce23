import { S3Error } from './errors.js'
import type { Operation } from './operation.js'
import { writeCondition } from './preconditions.js'
import { readText } from './request-body.js'
import { element, listOf, readXml, textOf, type XmlElement } from './xml.js'

/** Maximum number of keys of one DeleteObjects request. */
const maximalKeys = 1000

/** DeleteObject. Succeeds for a missing key, like S3. */
export const deleteObject: Operation = ({ storage }, { target, headers }) => {
    const condition = writeCondition(headers)
    storage.bucket(target.bucket as string).delete(target.key as string, condition)
    return { status: 204 }
}

/** DeleteObjects. */
export const deleteObjects: Operation = async ({ storage }, request) => {
    const bucket = storage.bucket(request.target.bucket as string)
    if (![...request.headers.keys()].some((name) => /^content-md5$|^x-amz-(checksum-|trailer$)/.test(name))) {
        throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5')
    }
    const tree = readXml(await readText(request, 4 * 1024 * 1024), 'Delete', ['Object'])
    const objects = listOf(tree, 'Object')
    const isQuiet = textOf(tree, 'Quiet')?.trim() === 'true'
    if (objects.length === 0 || objects.length > maximalKeys) {
        throw new S3Error('MalformedXML', `A request deletes 1 to ${maximalKeys} keys`)
    }
    if (objects.some((object) => textOf(object, 'VersionId') !== undefined)) {
        throw new S3Error('NotImplemented', 'There are no versions here')
    }
    const results: XmlElement[] = []
    for (const object of objects) {
        const [key, etag] = [textOf(object, 'Key') ?? '', textOf(object, 'ETag')]
        try {
            bucket.delete(key, writeCondition(new Map(etag === undefined ? [] : [['if-match', etag]])))
            if (!isQuiet) results.push(element('Deleted', [element('Key', key)]))
        } catch (error) {
            if (!(error instanceof S3Error)) throw error
            const [code, message] = [element('Code', error.code), element('Message', error.message)]
            results.push(element('Error', [element('Key', key), code, message]))
        }
    }
    return { status: 200, body: element('DeleteResult', results) }
}
