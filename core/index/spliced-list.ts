import type { Engine } from '../byte-source.js'
import { parseRootJson, rootPage, toRootJson } from '../root-page.js'
import { decodeUtf8Lossily, encodeUtf8 } from '../utf8.js'
import { rootPages, type Pages } from './pages.js'
import { listHtml, openList, spliceList, spliceListHtml, type ListEdit } from './splice-root.js'
import { pageText } from './stored-page.js'

/** The project list, of which only a few lines have been read. */
export interface SplicedList {
    /** index.json */
    json: Uint8Array
    /** Its difference from the list before; undefined if it was rendered. */
    edit: ListEdit | undefined
}

/** The pages of the project list, of which single lines are replaced where they are as this program writes them. */
export function splicedListPages(engine: Engine): Pages<SplicedList> {
    const { jsonKey, htmlKey } = rootPages
    return {
        jsonKey,
        htmlKey,
        parse: (stored) => {
            const json = stored.body ?? encodeUtf8(pageText(stored))
            if (openList(json) === undefined) namesOf(json)
            return { json, edit: undefined }
        },
        toJson: ({ json }) => json,
        toHtml: async ({ json }) => (await listHtml(json, engine)) ?? rootPages.toHtml(rootPage(namesOf(json))),
        spliceHtml: (before, { edit }) => edit && spliceListHtml(before, edit, engine),
    }
}

/** Edits the list, which may be missing. */
export function editedList(list: SplicedList | undefined, edit: ListEdit, engine: Engine): SplicedList {
    const spliced = list && spliceList(list.json, edit, engine)
    if (spliced) return spliced
    const names = new Set(list ? namesOf(list.json) : [])
    for (const name of edit.added) names.add(name)
    for (const name of edit.removed) names.delete(name)
    return listOf(names)
}

/** Renders a list. */
export function listOf(names: Iterable<string>): SplicedList {
    return { json: encodeUtf8(toRootJson(rootPage(names))), edit: undefined }
}

/** All names on a list. @throws UserError if it is not a project list */
export function namesOf(json: Uint8Array): string[] {
    return parseRootJson(decodeUtf8Lossily(json), rootPages.jsonKey).projects
}
