"""What the texts say, gathered: entries with an identity that survives edits, and the topics they are about.

Hides reconciling entries across versions (`reconcile`) and error fingerprints (`fingerprint`). Everything but an entry's
identity is an index. May import `pages`, `hubs`, `accounts`, `markdown`, `base`.
"""
