#!/usr/bin/env bash
# lock.sh UV: compiles requirements/*.txt from pyproject.toml (tests/architecture/test_locks.py says whether they fit it).
# The command stands at the top of each file, as uv wrote it.
set -euo pipefail
uv=$1
for file in requirements/base.txt requirements/production.txt requirements/dev.txt; do
  command=$(sed -n 's/^#    uv //p' "$file" | head -1)
  # shellcheck disable=SC2086  # the words of a command line
  "$uv" $command --quiet --upgrade
  echo "locked $file"
done
