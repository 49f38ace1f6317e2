#!/bin/sh
# usage: gate.sh [scenario or flag..]
# Checks, leaves reports in $REPORTS, and ends with the exit code of the check. Violations that
# $BASELINE knows do not close the gate.
set -u
reports=${REPORTS:-reports}
baseline=${BASELINE:-mmu-baseline.json}

if [ -f "$baseline" ]; then set -- "$@" --baseline "$baseline"; fi
npx kvm-mmu-check check "$@" --junit "$reports/mmu.junit.xml" --sarif "$reports/mmu.sarif" \
  --ktap="$reports/mmu.ktap"
code=$?

case $code in
0) echo 'gate: open' ;;
1) echo 'gate: closed by a violation, see counterexamples/found' ;;
2) echo 'gate: closed, a bound was hit before there was a verdict' ;;
64 | 65) echo 'gate: closed, the flags or a file must be put right' ;;
74) echo 'gate: closed, the reports cannot be written' ;;
130 | 143) echo 'gate: closed, the check was stopped' ;;
*) echo 'gate: closed by an error of the checker' ;;
esac
exit $code
