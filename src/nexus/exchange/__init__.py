"""Texts in and out: folders, archives and Git repositories, imported again without harm, exported byte for byte. Webhooks.

Hides reading hostile archives and repositories safely (`sources`), what a re-import may touch (`plan`), and how an event is
told in order, at least once, to an address that somebody gave (`deliveries`, `posting`).
May import `knowledge`, `pages`, `hubs`, `accounts`, `markdown`, `base`.
"""
