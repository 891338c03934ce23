import path from 'node:path'
import { nginxFolder } from './placement.js'
import type { Settings } from './settings.js'

/** What to type after the folder is written, for the target: commands that work as they stand. */
export function nextSteps(settings: Settings, folder: string): string {
    const steps = { docker: dockerSteps, debian: debianSteps, standalone: standaloneSteps }[settings.target]
    return steps(settings, folder)
}

function dockerSteps(settings: Settings, folder: string): string {
    const port = listenPort(settings)
    const needsDns = settings.resolver.length > 0
    const mount = path.isAbsolute(folder) ? folder : `$PWD/${path.normalize(folder)}`
    return `With the credentials in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY):

${needsDns ? '  docker network create pypi\n' : ''}  docker run -d --name pypi -p 8080:${port}${needsDns ? ' --network pypi' : ''} \\
    -e AWS_ACCESS_KEY_ID -e AWS_SECRET_ACCESS_KEY -e AWS_SESSION_TOKEN -e AWS_S3_BUCKET \\
    -v "${mount}:${nginxFolder}:ro" \\
    -v "${mount}/site.conf:/etc/nginx/conf.d/default.conf:ro" \\
    nginx:${settings.nginxVersion} nginx -g 'daemon off; include ${nginxFolder}/env.conf;'

or, beside the docker-compose.yml of this package:

  NGINX_S3_PYPI="${mount}" docker compose up

Then: pip install --index-url http://localhost:8080/simple/ PACKAGE
`
}

function debianSteps(settings: Settings, folder: string): string {
    return `On the machine that serves (apt-get install nginx libnginx-mod-http-js), as root:

  install -D -t ${nginxFolder} ${folder}/*
  ln -sf ${nginxFolder}/env.conf  /etc/nginx/modules-enabled/90-nginx-s3-pypi.conf
  ln -sf ${nginxFolder}/site.conf /etc/nginx/sites-enabled/nginx-s3-pypi
  rm -f /etc/nginx/sites-enabled/default

  install -m 600 /dev/null /etc/nginx-s3-pypi.env   # then write AWS_ACCESS_KEY_ID=... and AWS_SECRET_ACCESS_KEY=... into it
  mkdir -p /etc/systemd/system/nginx.service.d
  printf '[Service]\\nEnvironmentFile=/etc/nginx-s3-pypi.env\\n' > /etc/systemd/system/nginx.service.d/nginx-s3-pypi.conf
  systemctl daemon-reload && nginx -t && systemctl restart nginx

Then: pip install --index-url http://localhost:${listenPort(settings)}/simple/ PACKAGE
`
}

function standaloneSteps(settings: Settings, folder: string): string {
    return `With the credentials in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY):

  nginx -p ${path.resolve(folder)} -c ${path.resolve(folder)}/nginx.conf -e stderr -g 'daemon off;'

Then: pip install --index-url http://localhost:${listenPort(settings)}/simple/ PACKAGE
`
}

function listenPort(settings: Settings): string {
    return settings.listen[0]!.replace(/^.*:/, '')
}
