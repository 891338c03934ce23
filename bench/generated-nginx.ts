import { render, type GeneratedFile } from '../scripts/config/render.js'
import { settingsFrom, type Settings } from '../scripts/config/settings.js'
import type { ConfigOptions } from '../scripts/config/option-table.js'
import { bucketName } from './embedded-s3.js'
import type { Place } from './minimal-nginx.js'
import type { NginxAtHand } from './nginx-at-hand.js'

/** The settings of what `generate-config --target standalone` makes for an nginx that is measured. */
export function generatedSettings(
    nginx: NginxAtHand,
    place: Place,
    options: Pick<ConfigOptions, 'signature' | 'cache' | 'jsEngine'>,
): Settings {
    return settingsFrom(
        {
            bucket: bucketName,
            target: 'standalone',
            endpointUrl: `http://127.0.0.1:${place.upstreamPort}`,
            listen: [`127.0.0.1:${place.port}`],
            nginxVersion: nginx.version,
            ...options,
        },
        () => [],
    )
}

/** Its files, without an access log: that costs what its format and its disk cost, and no subject writes one. */
export function generatedFiles(
    settings: Settings,
    { modulePath }: NginxAtHand,
    { folder }: Place,
    workers: number,
): GeneratedFile[] {
    return render(settings, { folder, command: 'bench', modulePath, workers }).map(({ name, content }) => ({
        name,
        content: content.replace(/^ *access_log .*;$/gm, 'access_log off;'),
    }))
}
