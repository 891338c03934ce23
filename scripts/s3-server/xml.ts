import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { S3Error } from './errors.js'

/** One element: its text, or its children. */
export interface XmlElement {
    readonly name: string
    readonly content: string | readonly XmlElement[]
}

/** An element; numbers and booleans become text. */
export function element(name: string, content: string | number | boolean | readonly XmlElement[]): XmlElement {
    return { name, content: typeof content === 'object' ? content : String(content) }
}

/** A whole document. Its root has S3's namespace, except in error documents. */
export function xmlDocument(root: XmlElement): string {
    const attribute = root.name === 'Error' ? '' : ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    return `<?xml version="1.0" encoding="UTF-8"?>\n<${root.name}${attribute}>${contentOf(root)}</${root.name}>`
}

function contentOf({ content }: XmlElement): string {
    if (typeof content === 'string') return escapeText(content)
    return content.map((child) => `<${child.name}>${contentOf(child)}</${child.name}>`).join('')
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeText(text: string): string {
    // Keys may contain control characters. Like S3, writes them as references, even those that XML 1.0 forbids, and CR, which
    // a parser would turn into LF.
    return text.replace(
        /[&<>"\x00-\x08\x0b-\x1f\x7f]/g,
        (character) => escapes[character] ?? `&#${character.charCodeAt(0)};`,
    )
}

/** The content of an XML document by element name; an element named in `lists` is always an array. */
export type XmlTree = { readonly [name: string]: string | XmlTree | readonly (string | XmlTree)[] }

/**
 * Parses a request's XML document. Refuses document types, and so entities (billion laughs, external files). Keeps white
 * space, since keys may begin or end with it.
 * @throws S3Error MalformedXML
 */
export function readXml(document: string, root: string, lists: readonly string[] = []): XmlTree {
    if (document.includes('<!DOCTYPE') || XMLValidator.validate(document) !== true) throw malformed()
    const parser = new XMLParser({
        parseTagValue: false,
        trimValues: false,
        ignoreDeclaration: true,
        removeNSPrefix: true,
        processEntities: false,
        tagValueProcessor: (_name, value) => decodeReferences(value),
        isArray: (name) => lists.includes(name),
    })
    const tree = (parser.parse(document) as XmlTree)[root]
    if (tree === '') return {}
    return childrenOf(tree)
}

/** The children of an element. @throws S3Error MalformedXML if it has none */
function childrenOf(node: XmlTree[string] | undefined): XmlTree {
    if (typeof node !== 'object' || Array.isArray(node)) throw malformed()
    return node as XmlTree
}

/** The text of a child element, or undefined. @throws S3Error MalformedXML */
export function textOf(tree: XmlTree, name: string): string | undefined {
    const value = tree[name]
    if (value !== undefined && typeof value !== 'string') throw malformed()
    return value
}

/** The elements of a list. @throws S3Error MalformedXML */
export function listOf(tree: XmlTree, name: string): readonly XmlTree[] {
    const value = tree[name] ?? []
    if (!Array.isArray(value)) throw malformed()
    return value.map(childrenOf)
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decodeReferences(text: string): string {
    return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, (reference, decimal, hex, name) => {
        const code = decimal ? parseInt(decimal, 10) : hex ? parseInt(hex, 16) : undefined
        if (code === undefined) return named[name] ?? reference
        if (code > 0x10ffff) throw malformed()
        return String.fromCodePoint(code)
    })
}

function malformed(): S3Error {
    return new S3Error(
        'MalformedXML',
        'The XML you provided was not well-formed or did not validate against our published schema',
    )
}
