"""`python -m nexus.ops`: the `nexus` command without its script."""

from nexus.ops.cli import main

main()
