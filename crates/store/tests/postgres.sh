#!/usr/bin/env bash
# Starts a throwaway PostgreSQL in a folder and prints its address; `stop` ends it.
# `start-tls` listens on localhost and takes encrypted connections alone, with a certificate that the
# folder's own authority signed: FOLDER/ca.pem is what a client has to trust.
# usage: postgres.sh start|start-tls|stop FOLDER
set -euo pipefail
folder=$2
programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
prepare() {
    mkdir -p "$folder"
    if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
    if [ ! -d "$folder/data" ]; then
        as_postgres "$programs/initdb" --auth=trust --username=postgres --encoding=UTF8 --locale=C.UTF-8 "$folder/data" >/dev/null
    fi
}
start() {
    as_postgres "$programs/pg_ctl" -w -D "$folder/data" -l "$folder/log" \
        -o "-k '$folder' -c max_connections=200 $1" start >/dev/null
}
certify() {
    local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2)
    as_postgres openssl req -x509 "${key[@]}" -subj /CN=test-authority \
        -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null
    as_postgres openssl req -x509 "${key[@]}" -subj /CN=localhost \
        -CA "$folder/ca.pem" -CAkey "$folder/ca.key" \
        -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
        -keyout "$folder/data/server.key" -out "$folder/data/server.crt" 2>/dev/null
    echo "hostssl all all all trust" | as_postgres tee "$folder/data/pg_hba.conf" >/dev/null
}
case $1 in
start)
    prepare
    start "-c listen_addresses=''"
    echo "postgresql://postgres@${folder//\//%2F}/postgres"
    ;;
start-tls)
    prepare
    certify
    port=$((20000 + RANDOM % 10000))
    start "-c listen_addresses=localhost -c port=$port -c ssl=on"
    echo "postgresql://postgres@localhost:$port/postgres"
    ;;
stop) as_postgres "$programs/pg_ctl" -w -m fast -D "$folder/data" stop >/dev/null ;;
esac
