"""What the kinds of things are called in the browser."""

from django.utils.translation import gettext_lazy as _

#: How kinds are called where several are listed, and where one is.
KIND_NAMES = {
    "challenge": (_("Challenges"), _("Challenge")),
    "topic": (_("Topics"), _("Topic")),
    "page": (_("Pages"), _("Page")),
    "practice": (_("Practices"), _("Practice")),
    "technology": (_("Technologies"), _("Technology")),
    "concept": (_("Concepts"), _("Concept")),
    "project": (_("Projects"), _("Project")),
    "person": (_("People"), _("Person")),
    "hub": (_("Hubs"), _("Hub")),
    "file": (_("Files"), _("File")),
}
