# Starts a bootstrap run, unless it was started before, and prints its state:
#   running | ended CODE | dead
# Input: $run (its name), $limit (seconds); standard input: one line a file, "MODE PATH BASE64".
# Runs in the login shell over SSH. Must be safe to call at any time, any number of times.
base="${ORQUESTA_ROOT:-}/var/lib/orquesta"
dir="$base/$run"

# When a process began: a pid alone may be another's after a reboot.
began() {
  if [ -r "/proc/$1/stat" ]; then sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20; else ps -o lstart= -p "$1"; fi
}
is_alive() {
  read -r pid start <"$1/pid" 2>/dev/null && kill -0 "$pid" 2>/dev/null && [ "$(began "$pid")" = "$start" ]
}
# Alive or not comes first: a run may end between two looks, and leaves its exit code before it goes.
state() {
  is_alive "$dir" && alive=1 || alive=''
  if [ -e "$dir/exit" ]; then echo "ended $(cat "$dir/exit")"
  elif [ -n "$alive" ]; then echo running
  else echo dead
  fi
}
receive() {
  while IFS=' ' read -r mode path data; do
    path="${ORQUESTA_ROOT:-}$path"
    mkdir -p "${path%/*}" || return 1
    (umask 077 && printf %s "$data" | base64 -d >"$path.part") || return 1
    chmod "$mode" "$path.part" && mv -f "$path.part" "$path" || return 1
  done
}
launch() {
  if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
    systemd-run --quiet --collect --unit "orquesta-bootstrap-$run" sh "$dir/run.sh" "$dir" "$limit"
  elif command -v setsid >/dev/null; then
    setsid sh "$dir/run.sh" "$dir" "$limit" </dev/null >/dev/null 2>&1 &
  else
    nohup sh "$dir/run.sh" "$dir" "$limit" </dev/null >/dev/null 2>&1 &
  fi
}
# Two runs at a time would undo each other's work: an earlier one has to end first.
stop_others() {
  for other in "$base"/*/; do
    other="${other%/}"
    [ "$other" != "$dir" ] && is_alive "$other" || continue
    kill -TERM "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null
    tries=0
    while is_alive "$other" && [ "$tries" -lt 300 ]; do
      tries=$((tries + 1))
      sleep 0.05
    done
    is_alive "$other" && kill -KILL "-$pid" 2>/dev/null
  done
}

if [ -e "$dir/lock" ]; then
  cat >/dev/null
else
  receive || { echo "A file of the bootstrap could not be written to the droplet" >&2; exit 1; }
  stop_others
  launch || exit 1
fi
# The run says that it is there by its pid file.
tries=0
while [ ! -e "$dir/pid" ] && [ "$tries" -lt 100 ]; do
  tries=$((tries + 1))
  sleep 0.05
done
state
