"""Many that accept one invitation for one at the same moment: prints what each got, and what is stored."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django

THREADS = 16


def main() -> None:
    django.setup()
    from django.db import connection

    from nexus.accounts import actions as accounts
    from nexus.accounts.actor import Actor, Door
    from nexus.base.errors import NotFound
    from nexus.hubs import actions
    from nexus.hubs.models import Invitation, Membership

    operator = Actor.operator()
    actions.create_hub(operator, "cohort")
    token = actions.invite_member(operator, "cohort", "learner").token
    password = "correct horse battery staple"
    names = [f"user-{n}" for n in range(THREADS // 2)]
    people = [Actor.of(accounts.create_user(operator, n, f"{n}@example.org", password), Door.WEB) for n in names]
    ready = Barrier(THREADS)

    def accept(actor: Actor) -> str:
        ready.wait(60)
        try:
            return str(actions.accept_invitation(actor, token).user_id)
        except NotFound as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:  # each of them twice
        print(*pool.map(accept, people * 2), sep="\n")
    print("members", Membership.objects.count(), "used", Invitation.objects.get().used)


if __name__ == "__main__":
    main()
