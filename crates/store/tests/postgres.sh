#!/usr/bin/env bash
# Starts a throwaway PostgreSQL in a folder and prints its address; `stop` ends it.
# usage: postgres.sh start|stop FOLDER
set -euo pipefail
folder=$2
programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
case $1 in
start)
    mkdir -p "$folder"
    if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
    if [ ! -d "$folder/data" ]; then
        as_postgres "$programs/initdb" --auth=trust --username=postgres --encoding=UTF8 --locale=C.UTF-8 "$folder/data" >/dev/null
    fi
    as_postgres "$programs/pg_ctl" -w -D "$folder/data" -l "$folder/log" \
        -o "-k '$folder' -c listen_addresses='' -c max_connections=200" start >/dev/null
    echo "postgresql://postgres@${folder//\//%2F}/postgres"
    ;;
stop) as_postgres "$programs/pg_ctl" -w -m fast -D "$folder/data" stop >/dev/null ;;
esac
