"""Both owners of ten hubs stop being that at the same moment, by leaving and by taking a lesser role, and both of another by
leaving Nexus: prints what each got, and how many owners each hub has left."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django

HUBS = [f"hub-{n}" for n in range(10)]


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
    names = ("ann", "ben", "cis", "dan")
    ann, ben, cis, dan = (
        Actor.of(accounts.create_user(operator, n, f"{n}@example.org", password), Door.WEB) for n in names
    )
    for slug in HUBS:
        actions.create_hub(ann, slug)
        actions.set_member(ann, slug, "ben", "owner")
    actions.create_hub(cis, "last")
    actions.set_member(cis, "last", "dan", "owner")
    deeds = [deed for slug in HUBS for deed in (
        lambda slug=slug: actions.remove_member(ann, slug, "ann"),
        lambda slug=slug: actions.set_member(ben, slug, "ben", "learner"),
    )]  # fmt: skip
    deeds += [lambda: leaving.delete_account(cis, keep_name=True), lambda: leaving.delete_account(dan, keep_name=True)]
    ready = Barrier(len(deeds))

    def stop(number: int) -> str:
        ready.wait(60)
        try:
            deeds[number]()
        except NexusError as error:
            return error.code
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        print(*pool.map(stop, range(len(deeds))))
    owners = Membership.objects.filter(role=Role.OWNER)
    print(*(owners.filter(hub__slug=slug).count() for slug in (*HUBS, "last")))


if __name__ == "__main__":
    main()
