"""REST under /api/v1: a file per noun; how every resource behaves is in `resource`, what comes in is checked in `checks`."""
