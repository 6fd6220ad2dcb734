"""Why something in a text was taken for what it is, in plain words."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

#: Confidence below which a find is called doubtful.
DOUBTFUL = 0.65
#: Rules that read what stands where problems stand: less sure of one without a solution, but not that it is one.
PROBLEMS = ("label-pair", "sub-heading", "table-row")
#: Forms of a challenge into which nothing can be written: cells of a table, and two lists side by side.
CLOSED_FORMS = ("table-row", "separate-lists")
#: By the rule that found it (`markdown.Entry.reason`).
REASONS: Mapping[str, str | Promise] = {
    "label-pair": _("the text labels it: a problem, and what was done about it"),
    "sub-heading": _("it is a heading of its own in a chapter about such things"),
    "story": _("the text tells it as a story in a chapter about what was hard"),
    "lead-and-remedy": _("a line that names it is followed by what helped"),
    "listed-sentence": _("it is a sentence of a list in a chapter about such things"),
    "first-sentence": _("it opens a paragraph of a chapter about such things"),
    "separate-lists": _("problems and solutions stand in two lists, and this is the same place in both"),
    "table-row": _("it is a row of a table in a chapter about such things"),
    "name-with-details": _("its name stands over lines that say more"),
    "name-with-description": _("its name is followed by a description"),
    "listed-name": _("its name stands in a list"),
    "category-with-names": _("its name is listed behind the name of a group"),
    "name-in-sentence": _("a line of a list is about it"),
    "names-in-description": _("it is mentioned in a description"),
}


def is_doubtful(kind: str, reason: str, confidence: float) -> bool:
    """Whether somebody should be asked if a find is what it was taken for."""
    return confidence < DOUBTFUL and not (kind == "challenge" and reason in PROBLEMS)


def why(what: str | Promise, reason: str, confidence: float) -> str:
    """The sentence for a reader: `what` it was taken for, and by which rule; a doubtful find says so."""
    said = {"what": what, "words": REASONS.get(reason, _("it stands where such things stand"))}
    if confidence < DOUBTFUL:
        return gettext("Perhaps a %(what)s: %(words)s.") % said
    return gettext("Taken for a %(what)s because %(words)s.") % said
