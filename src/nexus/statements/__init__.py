"""Statements that run at each request: what the ORM writes is written once, rows that come alone take no detour.

May import: Django alone. Whoever asks for rows says what by a queryset, as everywhere (docs/adr/0056).
"""
