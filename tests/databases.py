"""`python -m tests.databases URL...`: makes the databases the tests connect to first, where they are not there yet."""

import sys
from urllib.parse import urlsplit, urlunsplit


def ensure(url: str) -> None:
    """The database of `url` exists afterwards. Its server must run and let the user create databases."""
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    if parts.scheme.startswith("postgres"):
        import psycopg

        with psycopg.connect(
            urlunsplit(parts._replace(path="/postgres")), autocommit=True, connect_timeout=10
        ) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return
    import MySQLdb

    connection = MySQLdb.connect(
        host=parts.hostname or "127.0.0.1", port=parts.port or 3306, user=parts.username or "root",
        passwd=parts.password or "", connect_timeout=10,
    )  # fmt: skip
    connection.cursor().execute(f"CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    connection.close()


if __name__ == "__main__":
    for address in sys.argv[1:]:
        ensure(address)
