# Prints a bot's session, if it has changed. Input: $path (file or folder), $known (fingerprint of what is kept), $limit (bytes).
# Output: "none", "unchanged", "large BYTES", or three lines: fingerprint, tar.gz as base64, fingerprint again. Where the two differ
# the bot was writing meanwhile, and what was read is torn. Runs over SSH; changes nothing.
where="${ORQUESTA_ROOT:-}$path"

fingerprint() {
  find "$where" -type f -printf '%P %s %T@\n' | LC_ALL=C sort | sha256sum | cut -d' ' -f1
}

[ -e "$where" ] || { echo none; exit 0; }
before=$(fingerprint)
[ "$before" != "$known" ] || { echo unchanged; exit 0; }
size=$(find "$where" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d", sum }')
[ "$size" -le "$limit" ] || { echo "large $size"; exit 0; }
echo "$before"
tar -C "${ORQUESTA_ROOT:-}/" -czf - ".$path" | base64 | tr -d '\n'
echo
fingerprint
