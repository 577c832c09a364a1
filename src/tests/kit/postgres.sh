#!/bin/sh
# A PostgreSQL server for tests: in a folder of its own, on a free loopback port, gone with whoever started it.
#
#   postgres.sh DIR PORT                 prints `ready URL`, then obeys the lines `stop` and `start` on standard input
#                                        (answering `stopped` or `ready URL`); at its end stops and removes DIR
#   postgres.sh DIR PORT -- COMMAND...   runs COMMAND with LOA_TEST_POSTGRES=URL, then stops and removes DIR
#
# No service that happens to run is used or touched. As root the server runs as `postgres` or `nobody`.
set -u
dir=$1
port=$2
shift 2

find_bin() {
  if command -v initdb >/dev/null && command -v postgres >/dev/null; then
    dirname "$(command -v initdb)"
    return
  fi
  ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -V | tail -n 1
}

fail() {
  echo "failed $1"
  [ -f "$dir/log" ] && tail -n 20 "$dir/log" >&2
  finish
  exit 1
}

# PostgreSQL refuses to run as root.
unprivileged() {
  if [ "$(id -u)" != 0 ]; then "$@"; return; fi
  setpriv --reuid "$user" --regid "$group" --clear-groups -- "$@"
}

start() {
  # fsync stays on: what the tests call durable is durable.
  unprivileged "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$dir" -c shared_buffers="${LOA_TEST_POSTGRES_BUFFERS:-64MB}" \
    -c max_connections=120 -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=2GB \
    -c logging_collector=off -c log_min_messages=warning </dev/null >>"$dir/log" 2>&1 &
  server=$!
  tries=0
  # The eighth line of the pid file says `ready` once connections are taken.
  until sed -n 8p "$dir/data/postmaster.pid" 2>/dev/null | grep -q ready; do
    tries=$((tries + 1))
    kill -0 "$server" 2>/dev/null || fail "the server ended while starting"
    [ "$tries" -le 600 ] || fail "the server was not ready after 30 s"
    sleep 0.05
  done
}

stop() {
  pid=$(head -n 1 "$dir/data/postmaster.pid" 2>/dev/null) && [ -n "$pid" ] && kill -"$1" "$pid" 2>/dev/null
  wait "${server:-}" 2>/dev/null
}

finish() {
  trap - INT TERM HUP
  stop QUIT
  rm -rf "$dir"
}

bin=$(find_bin)
[ -n "$bin" ] || { echo "failed no PostgreSQL found (initdb and postgres); install it"; exit 1; }
mkdir -p "$dir" && chmod 755 "$dir" || { echo "failed cannot make $dir"; exit 1; }
if [ "$(id -u)" = 0 ]; then
  user=postgres
  id -u "$user" >/dev/null 2>&1 || user=nobody
  group=$(id -g "$user")
  chown "$user:$group" "$dir"
fi
trap 'finish; exit 1' INT TERM HUP
cd "$dir" || fail "cannot enter $dir"
unprivileged "$bin/initdb" -D "$dir/data" -U loa --auth=trust --encoding=UTF8 --locale=C --no-sync >"$dir/log" 2>&1 ||
  fail "initdb"
start
url="postgres://loa@127.0.0.1:$port/postgres"

if [ "${1:-}" = -- ]; then
  shift
  cd "$OLDPWD" || fail "cannot go back to $OLDPWD"
  LOA_TEST_POSTGRES=$url "$@"
  code=$?
  finish
  exit "$code"
fi

echo "ready $url"
while read -r order; do
  case $order in
    stop) stop INT; echo stopped ;;
    start) start; echo "ready $url" ;;
    *) echo "failed unknown order" ;;
  esac
done
finish
