"""What every package may use: domain errors, identifiers, the clock, the environment, transactions.

Owns no table and knows no other package. Capped at 400 lines in all (tests/architecture/test_sizes.py).
"""
