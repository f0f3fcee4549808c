#!/bin/sh
# Puts back a session that was saved from another droplet, before the bot first starts on this one. Lies beside "archive" and "path".
#   install  has the service of $BOT_SERVICE call this before it starts
#   restore  does it, once
base=$(cd "$(dirname "$0")" && pwd) || exit 1
root="${ORQUESTA_ROOT:-}"
[ -e "$base/archive" ] || exit 0
path="$root$(cat "$base/path")"

case $1 in
install)
  # A bot has run here already: what it has is newer.
  if [ -e "$path" ]; then rm -f "$base/archive"; exit 0; fi
  folder="$root/etc/systemd/system/$BOT_SERVICE.d"
  mkdir -p "$folder" || exit 1
  # "-": a bot without its session asks to be linked again, which is better than no bot. "+": as root, whoever the service runs as.
  printf '[Service]\nExecStartPre=-+/bin/sh %s/restore.sh restore\n' "$base" >"$folder/orquesta-session.conf"
  systemctl daemon-reload
  ;;
restore)
  rm -rf "$path"
  mkdir -p "${path%/*}"
  tar -xzf "$base/archive" --no-same-owner -C "$root/" || exit 1
  # It belongs to whom the bot's folder belongs to here.
  chown -hR --reference="${path%/*}" "$path"
  rm -f "$base/archive"
  ;;
esac
