from django.db import models

from nexus.hubs.models import Hub
from nexus.pages.models import Blob, Page


class ImportedFile(models.Model):
    """What an import last brought to a path: the base that the next import compares both sides with.

    It says nothing about the page as it is now: that may have been edited, moved or deleted since.
    """

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: Where the import put it; the page follows its own way from there.
    path = models.CharField(max_length=1024)
    path_key = models.CharField(max_length=64)
    #: Which source it came from last: Source.key, so that no address or local path is kept.
    source = models.CharField(max_length=64)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="imported_from")
    #: The content as the source had it, which after a merge no version has.
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="imported_from", db_index=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("hub", "path_key"), name="exchange_imported_once"),)
        indexes = (
            models.Index(fields=("hub", "source"), name="exchange_imported_source"),
            models.Index(fields=("blob",), name="exchange_imported_blob"),
        )

    def __str__(self) -> str:
        return self.path
