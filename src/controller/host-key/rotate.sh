# Replaces the host key that a droplet was born with by one made on it. Input: $verb
#   stage     makes the next key, unless that was done before, and prints it: "ssh-ed25519 AAAA…"
#   activate  puts it in the place of the present one and has sshd read it; open sessions live on
# Ends with code 3 when it can't be done here. Runs in the login shell over SSH; safe to call at any time, any number of times.
key="${ORQUESTA_ROOT:-}/etc/ssh/ssh_host_ed25519_key"
next="$key.next"

fail() { echo "$1" >&2; exit 3; }
public() { ssh-keygen -y -f "$1" </dev/null | cut -d' ' -f1,2; }

stage() {
  command -v ssh-keygen >/dev/null || fail 'there is no ssh-keygen'
  # Whoever keeps the key elsewhere would not notice another one here.
  [ -w "$key" ] && [ "$(public "$key")" = "$presented" ] || fail "sshd does not present the key in $key"
  if [ ! -e "$next" ]; then
    rm -f "$next.part" "$next.part.pub"
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$next.part" </dev/null || fail 'no key could be made'
    mv -f "$next.part" "$next" && rm -f "$next.part.pub" || fail 'the new key could not be put in its place'
  fi
  public "$next"
}

activate() {
  if [ -e "$next" ]; then
    mv -f "$next" "$key" || fail 'the new key could not be put in its place'
  fi
  ssh-keygen -y -f "$key" </dev/null >"$key.pub.part" && mv -f "$key.pub.part" "$key.pub"
  systemctl reload-or-restart ssh 2>/dev/null || systemctl reload-or-restart sshd 2>/dev/null ||
    kill -HUP "$(cat /run/sshd.pid 2>/dev/null)" 2>/dev/null || fail 'sshd could not be told of its new key'
}

"$verb"
