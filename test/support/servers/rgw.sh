#!/bin/bash
# A Ceph object gateway of its own: one monitor, one OSD that keeps objects in memory, one gateway; loopback only.
# Debian packages: ceph-mon ceph-osd radosgw.
#
#   rgw.sh FOLDER GATEWAY-PORT MONITOR-PORT     with ACCESS_KEY, SECRET_KEY and DOMAIN in the environment
#
# CEPH_ROOT in the environment names an unpacked Debian whose Ceph is run, by that Debian's own loader, in the place of this
# machine's.
#
# Prints "ready VERSION" when requests are answered, and serves until its standard input ends: so nothing is left behind even
# where the process that started it was killed.
set -euo pipefail
folder=$1 port=$2 monitor_port=$3
export CEPH_CONF=$folder/ceph.conf
. "$(dirname "$0")/lifetime.sh"

mkdir -p "$folder"/{mon,osd,run,log}
plugins=
if [ -n "${CEPH_ROOT:-}" ]; then
    libraries=$CEPH_ROOT/usr/lib/x86_64-linux-gnu
    loader="$libraries/ld-linux-x86-64.so.2 --library-path $libraries:$libraries/ceph"
    mkdir "$folder/bin"
    for program in ceph-mon ceph-osd monmaptool radosgw radosgw-admin; do
        printf '#!/bin/sh\nexec %s %s "$@"\n' "$loader" "$CEPH_ROOT/usr/bin/$program" >"$folder/bin/$program"
    done
    printf '#!/bin/sh\nPYTHONHOME=%s/usr exec %s %s/usr/bin/python3 %s/usr/bin/ceph "$@"\n' \
        "$CEPH_ROOT" "$loader" "$CEPH_ROOT" "$CEPH_ROOT" >"$folder/bin/ceph"
    chmod 755 "$folder"/bin/*
    PATH=$folder/bin:$PATH
    plugins="plugin dir = $libraries/ceph
erasure code dir = $libraries/ceph/erasure-code
osd class dir = $libraries/rados-classes"
fi
fsid=$(cat /proc/sys/kernel/random/uuid)
cat >"$CEPH_CONF" <<CONF
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$monitor_port]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
run dir = $folder/run
admin socket = $folder/run/\$name.\$pid.asok
crash dir = $folder/run
log file = $folder/log/\$name.log
mon cluster log file = $folder/log/cluster.log
$plugins
# A monitor alone agrees with itself at once.
paxos propose interval = 0.05
paxos min wait = 0.01
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 1
osd objectstore = memstore
osd data = $folder/osd
memstore device bytes = 4294967296
osd max object name len = 2048
osd class default list = *
osd class load list = *
[mon]
mon data = $folder/mon
mon initial members = a
auth allow insecure global id reclaim = false
[client.rgw]
# The default, secure, needs the authentication that is turned off above.
ms mon client mode = crc
rgw data = $folder/run
rgw frontends = beast endpoint=127.0.0.1:$port
rgw dns name = $DOMAIN
rgw thread pool size = 32
rgw crypt require ssl = false
# With the default order (sts first) every wrong signature is an AccessDenied.
rgw s3 auth order = local, sts
rgw s3 auth use sts = true
# What session tokens are encrypted with: 16 characters.
rgw sts key = of-a-test-server
CONF

ulimit -n 65536 2>/dev/null || true
monmaptool --create --fsid "$fsid" --enable-all-features --addv a "[v2:127.0.0.1:$monitor_port]" "$folder/monmap" \
    >"$folder/setup.out" 2>&1 || fail 'monmaptool failed'
ceph-mon --mkfs -i a --monmap "$folder/monmap" >>"$folder/setup.out" 2>&1 || fail 'The monitor could not be made'
start monitor ceph-mon -f -i a

ceph_osd_id=$(cat /proc/sys/kernel/random/uuid)
timeout 60 ceph --connect-timeout 30 osd new "$ceph_osd_id" 0 >>"$folder/setup.out" 2>&1 || fail 'No monitor answers'
timeout 60 ceph osd crush add osd.0 1.0 root=default host=h >>"$folder/setup.out" 2>&1 || fail 'No place for the OSD'
ceph-osd -i 0 --mkfs --osd-uuid "$ceph_osd_id" >>"$folder/setup.out" 2>&1 || fail 'The OSD could not be made'
start osd ceph-osd -f -i 0
for _ in {1..100}; do
    timeout 60 ceph osd stat 2>>"$folder/setup.out" | grep -q '1 up' && break
    sleep 0.1
done

start gateway radosgw -f -n client.rgw
until_answers 300 "http://127.0.0.1:$port/" || fail 'The gateway does not answer'
timeout 60 radosgw-admin -n client.rgw user create --uid=main --display-name=main \
    --access-key="$ACCESS_KEY" --secret-key="$SECRET_KEY" --caps='roles=*;oidc-provider=*' >>"$folder/setup.out" 2>&1 || fail 'No user could be made'
# Another program may have answered before, in the place of a gateway that could not listen there.
until_answers 1 "http://127.0.0.1:$port/" && kill -0 "${pids[-1]}" || fail 'The gateway has ended'

echo "ready $(radosgw --version | sed -E 's/^ceph version (\S+).*/\1/')"
serve
