// The files of a project, from the objects of its folder alone.

import { parseFileName } from '../core/file-name.js'
import type { OfferedFile } from '../core/offered-file.js'
import { versionKey } from '../core/version.js'
import type { ListedObject } from './listing.js'

/** A file and its normalised version. */
export interface ListedFile extends OfferedFile {
    version: string
}

/** The objects of a folder, as far as they have been listed. */
export interface FolderObjects {
    /** Normalised name of the project. */
    project: string
    files: { [filename: string]: ListedFile }
    /** Of the files, each with the filename behind the last space. */
    sortKeys: string[]
    /** By version. */
    versionKeys: { [version: string]: string }
    /** FILE of each FILE.metadata, FILE.provenance and FILE.yanked. */
    metadata: { [filename: string]: true }
    provenance: { [filename: string]: true }
    yanked: { [filename: string]: true }
    /** Whether the folder has a page after all: it was written in the meantime. */
    hasPage: boolean
}

export function emptyFolder(project: string): FolderObjects {
    return {
        project,
        files: {},
        sortKeys: [],
        versionKeys: {},
        metadata: {},
        provenance: {},
        yanked: {},
        hasPage: false,
    }
}

/**
 * Adds an object. Objects that `manage-index rebuild` would not index are ignored.
 *
 * @throws Error if the file is already there: a listing names each key once
 */
export function addObject(folder: FolderObjects, object: ListedObject): void {
    const name = object.name
    // Names of files are printable ASCII without spaces. The pattern usually matches, and the ends are not found with
    // patterns: one that does not match costs njs 0.7.9 4 KB, which a request keeps until its end.
    // In njs, "$" also matches before a line break at the end.
    if (name === undefined || !/^[!-~]*$/.test(name) || name.indexOf('\n') >= 0) return
    if (name === 'index.json' || name === 'index.html' || (name === '' && object.size > 0)) folder.hasPage = true
    else if (name.slice(-9) === '.metadata') {
        // pip fails on an empty one.
        if (object.size > 0) folder.metadata[name.slice(0, -9)] = true
    } else if (name.slice(-11) === '.provenance') folder.provenance[name.slice(0, -11)] = true
    else if (name.slice(-7) === '.yanked') folder.yanked[name.slice(0, -7)] = true
    else addFile(folder, name, object)
}

function addFile(folder: FolderObjects, filename: string, object: ListedObject): void {
    const parsed = parseFileName(filename, folder.project)
    if (parsed === undefined) return
    // No valid name is a property of every object, like "constructor".
    if (folder.files[filename] !== undefined) throw new Error('S3 lists a key twice')
    folder.files[filename] = {
        filename,
        version: parsed.version,
        size: object.size,
        uploadTime: object.lastModified,
    }
    const key = (folder.versionKeys[parsed.version] ||= versionKey(parsed.version))
    folder.sortKeys.push(key + ' ' + parsed.version + ' ' + filename)
}

/**
 * The files, sorted as on a page of the index: by version, then by name.
 *
 * Their hashes are not known. Why a file is yanked is in its object FILE.yanked, which is not read.
 */
export function listedFiles(folder: FolderObjects): ListedFile[] {
    return folder.sortKeys.sort().map(function (key) {
        const file = folder.files[key.slice(key.lastIndexOf(' ') + 1)]!
        if (folder.metadata[file.filename] === true) file.coreMetadata = {}
        if (folder.provenance[file.filename] === true) file.provenance = true
        if (folder.yanked[file.filename] === true) file.yanked = ''
        return file
    })
}
