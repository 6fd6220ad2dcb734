"""Twenty threads that refresh with one token at the same moment: prints what each got."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django

THREADS = 20


def main() -> None:
    django.setup()
    from django.db import connection

    from nexus.accounts import actions
    from nexus.accounts.actor import Actor
    from nexus.base.errors import Unauthenticated

    password = "correct horse battery staple"
    actions.create_user(Actor.operator(), "lea", "lea@example.org", password)
    secret = actions.sign_in("lea", password, address="192.0.2.1").refresh
    ready = Barrier(THREADS)

    def take(_: int) -> str:
        ready.wait(60)
        try:
            return actions.refresh(secret).refresh
        except Unauthenticated as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        got = list(pool.map(take, range(THREADS)))
    print(*got, sep="\n")
    winner = next(each for each in got if each.startswith("nxr_"))
    print("again", bool(actions.refresh(winner)))


if __name__ == "__main__":
    main()
