/**
 * The normalised name of a project. Possessive quantifiers ("++") avoid backtracking: nginx tries these patterns on each
 * request, and a failing match that backtracks costs as much as the rest of the request.
 *
 * @see PEP 503
 */
const project = '[a-z0-9]++(?:-[a-z0-9]++)*+'

/** A project name before normalisation. @see PyPA, "Names and normalization" */
const writtenProject = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?'

/** A UTF-8 character outside ASCII, byte by byte. The script could not distinguish invalid bytes from one another. */
const wideCharacter =
    '[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|\\xed[\\x80-\\x9f][\\x80-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|' +
    '\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}'

/** Files that browsers and crawlers request from any site: not projects, so never redirected to another index. */
const siteFiles =
    'favicon\\.ico|robots\\.txt|sitemap\\.xml|ads\\.txt|security\\.txt|humans\\.txt|manifest\\.json|site\\.webmanifest|' +
    'browserconfig\\.xml|crossdomain\\.xml|(?:apple-touch-icon|favicon|mstile)[^/]*\\.png'

/** A part of a request's path between slashes. */
const writtenSegment = '(?:[^/?%]|%(?!2[fF]))+'

/** A character of a file name: neither a slash nor a control character. */
const fileCharacter = `(?:[\\x20-\\x2e\\x30-\\x7e]++|${wideCharacter})`

/**
 * The URL space as regular expressions for nginx's locations. They end in `\z`, since `$` also matches before a line break.
 * The whole index is also served below `/simple/`, so `simple` cannot be a project.
 */
export const urlPatterns = {
    /** Sets `$project`, and `$pypi_folder` to PROJECT/, or to an empty string for the project list. */
    pagePattern: `^/(?:simple/)?(?!simple/)(?<pypi_folder>(?:(?<project>${project})/)?)(?:index\\.html)?\\z`,
    /** Sets `$pypi_file` to PROJECT/FILE, and `$project`. Excludes index.json and yank marks, which clients must not read. */
    filePattern: `^/(?:simple/)?(?!simple/)(?<pypi_file>(?<project>${project})/(?!index\\.json\\z)${fileCharacter}+)(?<!\\.yanked)\\z`,
    /** The cache's requests for pages and files: sets `$s3_object` to the key. */
    objectPattern: `^/(?<s3_object>(?:[\\x20-\\x7e]++|${wideCharacter})+)\\z`,
    /** A public file: sets `$public_file` to its path below /packages/, and `$public_name`. */
    publicFilePattern: `^/(?:simple/)?packages/(?<public_file>[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/(?<public_name>[A-Za-z0-9_][A-Za-z0-9._+!~-]*))\\z`,
    /** Pages for people: a project, in any spelling. */
    webProjectPattern: `^/-/project/${writtenProject}/\\z`,
    /** One version of it, as PEP 440 allows a version to be written. */
    webVersionPattern: `^/-/project/${writtenProject}/[A-Za-z0-9][A-Za-z0-9._!+-]*/\\z`,
    /** The same as clients write them: as many slashes, none of them encoded. */
    webProjectRequest: `^/-/project/${writtenSegment}/(?:\\?|\\z)`,
    webVersionRequest: `^/-/project/${writtenSegment}/${writtenSegment}/(?:\\?|\\z)`,
    /** What the pages for people also show: counts of downloads, of all projects or of one; summaries of all projects. */
    webDataPattern: `^/-/(?<pypi_folder>downloads/(?:${project}/)?|summaries/)index\\.json\\z`,
    /** URLs to normalise: PROJECT, Proj_ect/, Proj.ect/FILE. */
    unnormalizedPattern: `^/(?:simple/)?(?!simple(?:/|\\z)|${project}/|(?:${siteFiles})\\z)${writtenProject}(?:/${fileCharacter}*+)?\\z`,
} as const

/** The cache's requests for index.json of a project: sets `$s3_object` to the key, and `$project`. */
export function publicPagePattern(prefix: string): string {
    return `^/(?<s3_object>${prefix.replace(/[.+*?()[\]{}|^$\\]/g, '\\$&')}(?<project>${project})/index\\.json)\\z`
}
