#!/bin/sh
# Puts back a session that was saved from another droplet, before the bot first starts on this one. Lies beside "path" and "in" (the
# session as it was; nobody but root may enter), and leaves "done" beside them.
#   install  has the service of $BOT_SERVICE call this before it starts
#   restore  does it, once
base=$(cd "$(dirname "$0")" && pwd) || exit 1
root=
[ -z "${ORQUESTA_ROOT:-}" ] || root=$(cd "$ORQUESTA_ROOT" && pwd -P)
[ -e "$base/in/session" ] || exit 0
path="$root$(cat "$base/path")"
parent="${path%/*}"
parent="${parent:-/}"
name="./${path##*/}"

# From now on what this droplet's bot does with its session is its own: none is brought a second time.
finish() {
  : >"$base/done" && rm -rf "$base/in"
}

case $1 in
install)
  rm -rf "$base"/part-*
  # A bot has run here already: what it has is newer. A folder as a repository brings it, empty, is nobody's session.
  if [ -n "$(find "$path" ! -type d ! -name '.git*' -print -quit 2>/dev/null)" ]; then finish; exit; fi
  folder="$root/etc/systemd/system/$BOT_SERVICE.d"
  mkdir -p "$folder" || exit 1
  # "-": a bot without its session asks to be linked again, which is better than no bot. "+": as root, whoever the service runs as.
  printf '[Service]\nExecStartPre=-+/bin/sh %s/restore.sh restore\n' "$base" >"$folder/orquesta-session.conf"
  systemctl daemon-reload
  ;;
restore)
  mkdir -p "$parent" && cd "$parent" || exit 1
  # What was saved is for this folder and for no other that a link may lead to.
  [ "$(pwd -P)" = "$parent" ] || exit 1
  # It belongs to whom the folder around it belongs to here.
  chown -hR --reference=. "$base/in/session" || exit 1
  rm -rf "$name" && mv "$base/in/session" "$name" && finish
  ;;
esac
