{
run='/runs/it'\''s 100%'
{ cd "$run"; } 2>/dev/null || exit 66
exec 3>&1 4>&2
command -v -- /bin/adkernel >/dev/null || exit 68
{ set +x; } 2>/dev/null
exec /bin/adkernel on-host start 1.0 .start-x "$run" >&3 2>&4 3>&- 4>&-
} </dev/null
