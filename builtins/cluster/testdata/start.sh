{
run='/runs/it'\''s 100%'
{ cd "$run" && [ -e .start-x ]; } 2>/dev/null || exit 66
exec 3>&1 4>&2
exec >>log.txt 2>&1 || exit 73
module load cuda/12.4 || { echo "module load cuda/12.4 failed on $(hostname)"; exit 67; }
trap 'if [ ${#BASH_SOURCE[@]} -eq 0 ]; then echo "prelude failed on $(hostname): $BASH_COMMAND"; exit 67; fi' ERR
source /opt/venv/bin/activate
trap - ERR
command -v -- /bin/adkernel >/dev/null || exit 68
{ set +x; } 2>/dev/null
export KEY='it'\''s $ecret'
exec /bin/adkernel on-host start 1.0 .start-x "$run" >&3 2>&4 3>&- 4>&-
} </dev/null
