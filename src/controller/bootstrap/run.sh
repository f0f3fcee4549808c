#!/bin/sh
# One run of the bootstrap, detached from the session that started it. Usage: run.sh DIR SECONDS
# Leaves in DIR: log (all output), pid, exit (the exit code, once it has ended).
dir=$1
limit=$2
cd "$dir" || exit 1
# Only one ever passes here, however often the run is started.
mkdir lock 2>/dev/null || exit 0
exec >>log 2>&1 </dev/null
if [ -r "/proc/$$/stat" ]; then began=$(sed 's/.*) //' "/proc/$$/stat" | cut -d' ' -f20); else began=$(ps -o lstart= -p $$); fi
printf '%s %s\n' "$$" "$began" >pid.part && mv pid.part pid

while IFS=' ' read -r name data; do
  value=$(printf %s "$data" | base64 -d && printf x)
  export "$name=${value%x}"
done <env

# Its last stages restart sshd and hold apt's locks. A droplet that was prepared before is long past them.
if [ "${ORQUESTA_STAGE:-}" != start ] && command -v cloud-init >/dev/null; then
  echo '==> wait for cloud-init'
  timeout -k 10 300 cloud-init status --wait >/dev/null || echo 'cloud-init reports trouble; going on'
fi

export HOME="${HOME:-/root}" ORQUESTA_BOT_ENV_FILE="$dir/bot.env"

# A session that the bot had on another droplet goes back before it first starts on this one.
[ ! -e ../session/restore.sh ] || sh ../session/restore.sh install

case $(head -n 1 script) in
  '#!'*) set -- ./script ;;
  *) set -- sh ./script ;;
esac
# In a process group of its own, of which `timeout` leaves nobody behind.
if command -v timeout >/dev/null; then set -- timeout -k 10 "$limit" "$@"; fi
stopped='' child=''
# A newer run wants to take this one's place.
trap 'stopped=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM
"$@" &
child=$!
[ -z "$stopped" ] || kill -TERM "$child"
wait "$child"
code=$?
if [ -n "$stopped" ]; then
  wait "$child" 2>/dev/null
  code=143
  echo 'The bootstrap was stopped: a newer one takes its place'
fi
[ "$code" -ne 124 ] || echo "The bootstrap was ended after $limit s"
echo "$code" >exit.part && mv exit.part exit
echo "[orquesta] bootstrap ended with exit code $code"
