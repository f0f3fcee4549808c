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

limited() {
  if command -v timeout >/dev/null; then timeout -k 10 "$@"; else shift && "$@"; fi
}

# Its last stages restart sshd and hold apt's locks.
if command -v cloud-init >/dev/null; then
  echo '==> wait for cloud-init'
  limited 300 cloud-init status --wait >/dev/null || echo 'cloud-init reports trouble; going on'
fi

while IFS=' ' read -r name data; do
  value=$(printf %s "$data" | base64 -d && printf x)
  export "$name=${value%x}"
done <env
export HOME="${HOME:-/root}"

case $(head -n 1 script) in
  '#!'*) limited "$limit" ./script ;;
  *) limited "$limit" sh ./script ;;
esac
code=$?
[ "$code" -ne 124 ] || echo "The bootstrap was ended after $limit s"
echo "$code" >exit.part && mv exit.part exit
echo "[orquesta] bootstrap ended with exit code $code"
