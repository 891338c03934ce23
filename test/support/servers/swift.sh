#!/bin/bash
# An OpenStack Swift of its own with its S3 API: one proxy, one server each for accounts, containers and objects, one
# replica; loopback only. Debian packages: swift-proxy swift-account swift-container swift-object.
#
#   swift.sh FOLDER PROXY-PORT OBJECT-PORT CONTAINER-PORT ACCOUNT-PORT
#       with ACCESS_KEY (ACCOUNT:USER), SECRET_KEY, DOMAIN and REGION in the environment
#
# Prints "ready VERSION" when requests are answered, and serves until its standard input ends: so nothing is left behind even
# where the process that started it was killed.
set -euo pipefail
folder=$1
shift
port=$1 object_port=$2 container_port=$3 account_port=$4
. "$(dirname "$0")/lifetime.sh"

mkdir -p "$folder"/{etc,node/d1}
cat >"$folder/etc/swift.conf" <<CONF
[swift-hash]
swift_hash_path_suffix = t
swift_hash_path_prefix = t
[storage-policy:0]
name = P0
default = yes
[swift-constraints]
max_object_name_length = 1024
CONF

# The three rings in one process: each call of swift-ring-builder would cost half a second.
(
    cd "$folder/etc"
    /usr/bin/python3 - "object=$object_port" "container=$container_port" "account=$account_port" <<'PYTHON' 2>ring.err
import sys
from swift.common.ring import RingBuilder

for name, port in (argument.split('=') for argument in sys.argv[1:]):
    builder = RingBuilder(4, 1, 1)
    place = {'ip': '127.0.0.1', 'port': int(port), 'replication_ip': '127.0.0.1', 'replication_port': int(port)}
    builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'device': 'd1', 'weight': 1.0, 'meta': '', **place})
    builder.rebalance()
    builder.get_ring().save(name + '.ring.gz')
PYTHON
) || { cat "$folder/etc/ring.err" >&2; exit 1; }

common="bind_ip = 127.0.0.1
user = $(id -un)
swift_dir = $folder/etc
# In the main process, so that the pid is the server's.
workers = 0"

for server in "object $object_port" "container $container_port" "account $account_port"; do
    read -r name server_port <<<"$server"
    cat >"$folder/etc/$name.conf" <<CONF
[DEFAULT]
$common
bind_port = $server_port
devices = $folder/node
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = $name-server
[app:$name-server]
use = egg:swift#$name
fallocate_reserve = 0
CONF
done

cat >"$folder/etc/proxy.conf" <<CONF
[DEFAULT]
$common
bind_port = $port
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:tempauth]
use = egg:swift#tempauth
user_${ACCESS_KEY/:/_} = $SECRET_KEY .admin .reseller_admin
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
check_bucket_owner = false
storage_domain = $DOMAIN
location = $REGION
allow_no_owner = true
dns_compliant_bucket_names = true
min_segment_size = 5242880
[filter:cache]
use = egg:swift#memcache
# There is none; Swift works without.
memcache_servers = 127.0.0.1:1
CONF
for filter in catch_errors gatekeeper healthcheck listing_formats bulk copy slo dlo; do
    printf '[filter:%s]\nuse = egg:swift#%s\n' "$filter" "$filter"
done >>"$folder/etc/proxy.conf"

for name in object container account proxy; do
    start "$name" "swift-$name-server" "$folder/etc/$name.conf" --verbose
done
# The proxy is there before the servers that it needs are.
for server_port in "$@"; do
    until_answers 300 "http://127.0.0.1:$server_port/healthcheck" || fail 'Swift does not answer'
done

echo "ready $(/usr/bin/python3 -c 'import swift; print(swift.__version__)')"
serve
