"""Texts in and out: folders, archives and Git repositories, imported again without harm, exported byte for byte.

Hides reading hostile archives and repositories safely (`sources`), and what a re-import may touch (`plan`).
May import `knowledge`, `pages`, `hubs`, `accounts`, `markdown`, `base`.
"""
