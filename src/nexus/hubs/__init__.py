"""Hubs, their members, who may do what in them, and the numbered log of what happened.

Hides the algebra of role × visibility × capability (`access`) and the sequence under concurrency (`activity`).
May import `accounts`, `base`.
"""
