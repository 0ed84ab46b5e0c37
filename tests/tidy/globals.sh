#!/bin/sh
# globals.sh libhuntshard.a - fails, by name, where shard/ keeps data that can be written: whole
# runtimes stand side by side in one process. The one exception is the semaphores of shard/probe, in
# a section of their own, which only the kernel writes. (core/ may not even have those: purity.sh.)
set -eu

[ $# -eq 1 ] && [ -f "$1" ] || { echo "usage: $0 libhuntshard.a" >&2; exit 2; }

# Lines are "address flags section<TAB>size [.hidden] name"; bare section symbols are no data.
objdump -t "$1" | awk '
	/file format/ {member = $1; members++}
	!/[ \t]\.(data|bss|tdata|tbss|probes)[^ \t]*\t|\*COM\*/ || /[ \t]\.data\.rel\.ro/ || / d  / {next}
	member == "probe.c.o:" && /[ \t]\.probes\t0000000000000002 / && $NF ~ /^huntd_[a-z_]+_semaphore$/ {
		semaphores++
		next
	}
	{print "globals: shard has data that can be written, in " member " " $NF; found = 1}
	END {
		if (members == 0) {print "globals: no members"; exit 2}
		if (found) exit 1
		print "globals: none in " members " files but " semaphores + 0 " semaphores of probes"
	}'
