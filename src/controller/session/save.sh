# Copies a bot's session aside if it has changed, so that what is then fetched is of one moment. Input: $path (file or folder),
# $known (fingerprint of what is kept), $limit (bytes), $most (files), $tries (copies that are made while the bot writes).
# Output: "none", "unchanged", "large BYTES", "many FILES", "linked", "odd", "torn" (the bot wrote during each copy), or
# "taken FINGERPRINT": the copy is in /var/lib/orquesta/session/out-FINGERPRINT, which nobody but root may enter.
# The bot may be anybody's by now: from the folder that was looked at on, no link is followed.
root=
[ -z "${ORQUESTA_ROOT:-}" ] || root=$(cd "$ORQUESTA_ROOT" && pwd -P)
parent="$root${path%/*}"
parent="${parent:-/}"
name="./${path##*/}"
base="$root/var/lib/orquesta/session"

fingerprint() {
  find "$name" -printf '%P %y %s %m %T@\n' | LC_ALL=C sort | sha256sum | cut -d' ' -f1
}

cd "$parent" 2>/dev/null || { echo none; exit 0; }
[ "$(pwd -P)" = "$parent" ] || { echo linked; exit 0; }
while [ "$tries" -gt 0 ]; do
  tries=$((tries - 1))
  [ -e "$name" ] || [ -L "$name" ] || { echo none; exit 0; }
  before=$(fingerprint)
  [ "$before" != "$known" ] || { echo unchanged; exit 0; }
  [ -z "$(find "$name" ! -type f ! -type d -print -quit)" ] || { echo odd; exit 0; }
  many=$(find "$name" -printf x | wc -c)
  [ "$many" -le "$most" ] || { echo "many $many"; exit 0; }
  size=$(find "$name" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d", sum }')
  [ "$size" -le "$limit" ] || { echo "large $size"; exit 0; }
  rm -rf "$base"/out-*
  (umask 077 && mkdir -p "$base/out-$before") || exit 1
  # What the first of both complains of is a bot that writes.
  tar -cf - "$name" 2>/dev/null | tar -xpf - --no-same-owner -C "$base/out-$before" || { rm -rf "$base"/out-*; exit 1; }
  [ "$before" != "$(fingerprint)" ] || { echo "taken $before"; exit 0; }
done
rm -rf "$base"/out-*
echo torn
