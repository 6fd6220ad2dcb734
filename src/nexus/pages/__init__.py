"""Pages and files at paths, their versions, and the changes that made them; blobs; stored parses.

Hides content addressing (`blobs`), three-way merge (`merge`), the one way a change is written (`changes`), and when a
text is parsed (`documents`). May import `hubs`, `accounts`, `markdown`, `base`.
"""
