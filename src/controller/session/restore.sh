#!/bin/sh
# Puts back a session that was saved from another droplet, before the bot first starts on this one. Lies beside "path" and "in" (the
# session as it was; nobody but root may enter), and leaves "done" beside them.
#   install  has it done before $BOT_SERVICE starts
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
  units="$root/etc/systemd/system"
  mkdir -p "$units/$BOT_SERVICE.d" || exit 1
  # A unit of its own: what root runs for the bot's has the bot's environment, LD_PRELOAD and all, and that is for whoever runs bots.
  cat >"$units/orquesta-session.service" <<END
[Unit]
Description=Puts the WhatsApp session of a bot back before it first starts here
ConditionPathExists=$base/in/session
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/bin/sh $base/restore.sh restore
END
  # Wanted, not required: a bot without its session asks to be linked again, which is better than no bot.
  cat >"$units/$BOT_SERVICE.d/orquesta-session.conf" <<END
[Unit]
Wants=orquesta-session.service
After=orquesta-session.service
END
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
