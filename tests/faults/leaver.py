"""Owners who all stop being one at the same moment: prints what each got, and how many owners are left. Each has one of
three ways: leaving, being made less by another, leaving Nexus."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django

THREADS = 9


def main() -> None:
    django.setup()
    from django.db import connection

    from nexus.accounts import actions as accounts
    from nexus.accounts.actor import Actor, Door
    from nexus.base.errors import NexusError
    from nexus.hubs import actions, leaving
    from nexus.hubs.models import Membership, Role

    operator = Actor.operator()
    password = "correct horse battery staple"
    names = [f"user-{n}" for n in range(THREADS)]
    people = [Actor.of(accounts.create_user(operator, n, f"{n}@example.org", password), Door.WEB) for n in names]
    actions.create_hub(people[0], "cohort")
    for name in names[1:]:
        actions.set_member(people[0], "cohort", name, "owner")
    ready = Barrier(THREADS)
    ways: list[Callable[[int], object]] = [
        lambda n: actions.remove_member(people[n], "cohort", names[n]),
        lambda n: actions.set_member(people[n], "cohort", names[(n + 3) % THREADS], "learner"),
        lambda n: leaving.delete_account(people[n], keep_name=True),
    ]

    def stop(n: int) -> str:
        ready.wait(60)
        try:
            ways[n % 3](n)
        except NexusError as error:
            return error.code
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        print(*pool.map(stop, range(THREADS)), sep="\n")
    print("owners", Membership.objects.filter(role=Role.OWNER).count())


if __name__ == "__main__":
    main()
