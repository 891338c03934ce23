/**
 * The normalised name of a project. What was matched is never given back ("++"): nginx tries these patterns on each
 * request, and one that fails by trying all shorter names first costs as much as the rest of its work.
 *
 * @see PEP 503
 */
const project = '[a-z0-9]++(?:-[a-z0-9]++)*+'

/** A name of a project as people write it. @see PyPA, "Names and normalization" */
const writtenProject = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?'

/** A character beyond ASCII: UTF-8 byte by byte. Of bytes that are none, the script could not tell one from another. */
const wideCharacter =
    '[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|\\xed[\\x80-\\x9f][\\x80-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|' +
    '\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}'

/** What browsers and crawlers ask each site for: no project is meant, and no other index. */
const siteFiles =
    'favicon\\.ico|robots\\.txt|sitemap\\.xml|ads\\.txt|security\\.txt|humans\\.txt|manifest\\.json|site\\.webmanifest|' +
    'browserconfig\\.xml|crossdomain\\.xml|(?:apple-touch-icon|favicon|mstile)[^/]*\\.png'

/** A character of a file's name: no slash and no control character. */
const fileCharacter = `(?:[\\x20-\\x2e\\x30-\\x7e]++|${wideCharacter})`

/**
 * The URL space, as regular expressions for nginx's locations. They end in `\z`: a `$` would let a line break pass. The
 * whole index is found below `/simple/`, too, which therefore is no project.
 */
export const urlPatterns = {
    /** Sets `$pypi_folder` to the project with its slash, or to nothing for the page of all projects, and `$project`. */
    pagePattern: `^/(?:simple/)?(?!simple/)(?<pypi_folder>(?:(?<project>${project})/)?)(?:index\\.html)?\\z`,
    /** Sets `$pypi_file` to PROJECT/FILE, and `$project`. A page's JSON and the mark of a yank are no files for clients. */
    filePattern: `^/(?:simple/)?(?!simple/)(?<pypi_file>(?<project>${project})/(?!index\\.json\\z)${fileCharacter}+)(?<!\\.yanked)\\z`,
    /** What the cache asks for, page or file: sets `$s3_object` to the key. */
    objectPattern: `^/(?<s3_object>(?:[\\x20-\\x7e]++|${wideCharacter})+)\\z`,
    /** PROJECT, Proj_ect/, Proj.ect/FILE: not as they are stored. */
    unnormalizedPattern: `^/(?:simple/)?(?!simple(?:/|\\z)|${project}/|(?:${siteFiles})\\z)${writtenProject}(?:/${fileCharacter}*+)?\\z`,
} as const
