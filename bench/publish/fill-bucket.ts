import { createHash } from 'node:crypto'
import { factsMetadata, uploadTimeOf } from '../../scripts/index/stored/object-facts.js'
import { projectPages } from '../../scripts/index/stored/pages.js'
import { mapParallel } from '../../scripts/s3/parallel.js'
import { emptyPage, withFiles, type FileEntry } from '../../core/project-page.js'
import { fileHeaders, jsonHeaders, metadataHeaders } from '../../scripts/index/stored/stored-headers.js'
import type { Bucket } from '../../scripts/s3/bucket.js'

const uploaded = uploadTimeOf(new Date('2026-01-02T03:04:05Z'))

/** Writes the page of a project with many files, which need not be there: a publisher does not look. */
export async function fillPage(bucket: Bucket, project: string, files: number): Promise<void> {
    const pages = projectPages(project)
    const entries = Array.from({ length: files }, (_, number): FileEntry => {
        const hash = (text: string) => createHash('sha256').update(`${text}${number}`).digest('hex')
        return {
            filename: `${project}-0.${number}-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`,
            sha256: hash('file'),
            size: 1000 + number,
            uploadTime: uploaded,
            etag: hash('etag').slice(0, 32),
            requiresPython: '>=3.8',
            coreMetadata: { sha256: hash('metadata'), etag: hash('metadata etag').slice(0, 32) },
        }
    })
    await bucket.write(pages.jsonKey, pages.toJson(withFiles(emptyPage(project), entries)), jsonHeaders)
}

/** Uploads the wheels of many projects as the publisher does, without pages. */
export async function fillProjects(bucket: Bucket, projects: number, filesOfEach: number): Promise<void> {
    const numbers = Array.from({ length: projects * filesOfEach }, (_, number) => number)
    await mapParallel(numbers, 32, async (number) => {
        const project = `project-${number % projects}`
        const filename = `${project.replace('-', '_')}-1.${Math.floor(number / projects)}-py3-none-any.whl`
        const body = Buffer.from(filename)
        const digest = (algorithm: string) => createHash(algorithm).update(body).digest('hex')
        const coreMetadata = { sha256: digest('sha256'), md5: digest('md5') }
        const facts = { sha256: digest('sha256'), md5: digest('md5'), uploadTime: uploaded, coreMetadata }
        await bucket.write(`${project}/${filename}`, body, fileHeaders(filename, factsMetadata(facts)))
        await bucket.write(`${project}/${filename}.metadata`, body, metadataHeaders)
    })
}
