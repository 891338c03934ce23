#!/bin/bash
# Makes what the image of this folder is built from, in a folder: the root of a Debian suite, and the Dockerfile.
#   build.sh SUITE FOLDER
set -euo pipefail
suite=$1
folder=$2

cp "$(dirname "$0")/Dockerfile" "$folder"
# In a session of its own: when mmdebstrap fails it ends its whole process group.
setsid --wait mmdebstrap --quiet --variant=minbase --include=systemd-sysv,nginx,libnginx-mod-http-js,ca-certificates \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$folder/root.tar" http://deb.debian.org/debian
