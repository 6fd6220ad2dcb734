"""What imports, exports and webhooks keep of a hub that something was purged from."""

import shutil
from collections.abc import Collection
from functools import partial
from uuid import UUID

from django.db import transaction

from nexus.exchange.jobs import folder_of
from nexus.exchange.models import ConnectedSource, Delivery, Job, JobKind, JobState


def erase(hub_id: UUID, pages: Collection[UUID]) -> None:  # noqa: ARG001  as every eraser is called
    """Forgets packed exports and what reports and receivers said: they may repeat texts. What is packed right now is
    cancelled; an upload that waits is imported, and what was purged stays out of it."""
    jobs = Job.objects.filter(hub=hub_id)
    jobs.filter(kind=JobKind.EXPORT, state=JobState.RUNNING).update(is_cancelled=True)
    over = jobs.filter(state__in=(JobState.DONE, JobState.FAILED, JobState.CANCELLED))
    for job in over:
        transaction.on_commit(partial(shutil.rmtree, folder_of(job), ignore_errors=True), robust=True)
    over.delete()
    Delivery.objects.filter(webhook__hub=hub_id).exclude(answer="").update(answer="")
    ConnectedSource.objects.filter(hub=hub_id).update(report=None, error=None)
