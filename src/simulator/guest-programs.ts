/** Scripts that stand first in a droplet's PATH, by name. They are sh, because node takes ten times as long to start. */
export const GUEST_PROGRAMS: Readonly<Record<string, string>> = {
  systemctl: callAgent('systemctl'),
  reboot: callAgent('reboot'),
  poweroff: callAgent('poweroff'),
  shutdown: callAgent('poweroff'),
  journalctl: `#!/bin/sh
unit= lines= follow= plain=
while [ $# -gt 0 ]; do
  case $1 in
    -u|--unit) unit=$2; shift ;;
    --unit=*) unit=\${1#*=} ;;
    -u*) unit=\${1#-u} ;;
    -n|--lines) lines=$2; shift ;;
    --lines=*) lines=\${1#*=} ;;
    -n*) lines=\${1#-n} ;;
    -f|--follow) follow=1 ;;
    -o|--output) [ "$2" = cat ] && plain=1; shift ;;
    --output=cat|-ocat) plain=1 ;;
    --since|--until|-S|-U|-b) case $1 in -b) ;; *) shift ;; esac ;;
  esac
  shift
done
case $unit in ''|*.*) ;; *) unit=$unit.service ;; esac
log="\${ORQUESTA_ROOT:-}/var/log/units/\${unit:-none}.log"
[ -n "$lines" ] || { [ -n "$follow" ] && lines=10 || lines=+1; }
[ "$lines" = all ] && lines=+1
[ -e "$log" ] || [ -n "$follow" ] || { echo '-- No entries --'; exit 0; }
show() { if [ -n "$plain" ]; then sed -u 's/^[^ ]* [^ ]*\\[[0-9]*\\]: //'; else cat; fi; }
if [ -n "$follow" ]; then tail -n "$lines" -F "$log" 2>/dev/null | show
else tail -n "$lines" "$log" | show; fi
`,
  'cloud-init': `#!/bin/sh
done="\${ORQUESTA_ROOT:-}/run/cloud-init/result.json"
if [ "$1" = status ]; then
  case " $* " in *' --wait '*|*' -w '*) while [ ! -e "$done" ]; do sleep 0.1; done ;; esac
  if [ -e "$done" ]; then echo 'status: done'; else echo 'status: running'; fi
  exit 0
fi
echo "cloud-init of the simulator knows only: status [--wait]" >&2
exit 2
`,
  sudo: `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -u|-g) shift 2 ;;
    --) shift; break ;;
    -*) shift ;;
    *) break ;;
  esac
done
exec "$@"
`,
};

/** Arguments go into a file, the number of the process into the agent's pipe; the exit code comes back through a pipe of its own. */
function callAgent(program: string): string {
  return `#!/bin/sh
files="\${ORQUESTA_ROOT:-}/run/agent/$$"
trap 'rm -f "$files".*' EXIT
mkfifo "$files.reply" || exit 1
exec 3<>"$files.reply"
printf '%s\\0' ${program} "$@" > "$files.args" || exit 1
echo $$ > "\${ORQUESTA_ROOT:-}/run/agent/calls" || exit 1
read -r code <&3
[ ! -s "$files.out" ] || cat "$files.out"
[ ! -s "$files.err" ] || cat "$files.err" >&2
exit "$code"
`;
}
