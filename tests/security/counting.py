"""A password hasher that says how often it looked."""

from collections import Counter

from django.contrib.auth.hashers import MD5PasswordHasher

#: How often each stored password was compared with one that somebody sent.
LOOKED: Counter[str] = Counter()
#: How often a password was hashed, to compare or to keep it.
HASHED: Counter[str] = Counter()


class CountingHasher(MD5PasswordHasher):
    """The tests' fast one."""

    def encode(self, password: str, salt: str) -> str:
        HASHED[password] += 1
        return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        LOOKED[encoded] += 1
        return bool(super().verify(password, encoded))
