"""One `queries.search(actor, query)` over everything the actor may see, and one query language that never fails.

Hides how it is found: here a table of folded texts that the database compares (`indexing`, `queries`); an engine replaces
both behind the same function and the same `results.Results` (docs/adr/0031).
May import `knowledge`, `pages`, `hubs`, `accounts`, `markdown`, `base`.
"""
