"""GraphQL over the domain's actions and queries: a file per noun, batches by hand, limits before execution.

`nouns` are the types and what is read from them, `mutations` one field per action; `edges` is how a read of one row becomes
a read for all its peers, `limits` what is refused before anything runs, `view` the door itself.
"""
