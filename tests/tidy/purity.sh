#!/bin/sh
# purity.sh libhuntcore.a - fails, by name, where core calls what is not in purity.allow, or keeps
# data that can be written. The archive must hold plain machine code: sanitizers and coverage call
# their run-time, and LTO leaves nothing to look at.
set -eu

[ $# -eq 1 ] && [ -f "$1" ] || { echo "usage: $0 libhuntcore.a" >&2; exit 2; }
archive=$1
allow=$(dirname "$0")/purity.allow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines are "archive:member:address type name" or "archive:member: U name".
nm -A "$archive" >"$work/all"
objdump -t "$archive" >"$work/sections"
[ -s "$work/all" ] || { echo "purity: no symbols in $archive" >&2; exit 2; }
if grep -q ' __gnu_lto_slim$' "$work/sections"; then
	echo "purity: $archive was built with -flto; give one built without" >&2
	exit 2
fi
awk '$(NF-1) ~ /^[A-TV-Zui]$/ {print $NF}' "$work/all" | sort -u >"$work/defined"
awk '$(NF-1) ~ /^[Uvw]$/ {print $NF}' "$work/all" | sort -u >"$work/used"
# Position-independent code names its offset table; it is nobody's function.
{ grep -v '^#' "$allow"; echo _GLOBAL_OFFSET_TABLE_; } >"$work/allowed"
sort -u "$work/defined" "$work/allowed" >"$work/known"

status=0
for name in $(comm -23 "$work/used" "$work/known"); do
	users=$(awk -v n="$name" '$NF == n && $(NF-1) ~ /^[Uvw]$/ {split($1, f, ":"); print f[2]}' \
		"$work/all" | sort -u | tr '\n' ' ')
	echo "purity: core calls $name, in $users"
	status=1
done

# nm calls .data.rel.ro `d` too, though it is constant once loaded: the sections tell them apart.
# Lines are "address flags section size name"; bare section symbols have no size.
awk '
	/file format/ {member = $1}
	NF < 4 || $(NF-2) ~ /^\.data\.rel\.ro/ || $(NF-1) ~ /^0+$/ {next}
	$(NF-2) ~ /^\.(data|bss|tdata|tbss)/ || $(NF-2) == "*COM*" {print member " " $NF}
	' "$work/sections" >"$work/mutable"
while read -r line; do
	echo "purity: core has data that can be written, in $line"
	status=1
done <"$work/mutable"

outside=$(comm -23 "$work/used" "$work/defined" | wc -l)
[ $status -ne 0 ] || echo "purity: $outside outside names, all allowed; no data that can be written"
exit $status
