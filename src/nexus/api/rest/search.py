"""`search`: one search over everything that one may see."""

from typing import Any

from rest_framework import serializers

from nexus.api.paging import LIMIT
from nexus.api.rest.checks import Strict
from nexus.api.rest.resource import Resource, operation
from nexus.search import queries
from nexus.search.addresses import result_address
from nexus.search.results import KINDS, Result


class SearchAsked(Strict):
    """What is looked for."""

    q = serializers.CharField(
        max_length=20_000, allow_blank=True, trim_whitespace=False, help_text="Words, or an error."
    )
    hub = serializers.CharField(required=False, default="", max_length=63, help_text="Only in this hub.")
    kind = serializers.ChoiceField(KINDS, required=False, default="", help_text="Only things of this kind.")
    cursor = serializers.CharField(required=False, default="")
    limit = serializers.IntegerField(required=False, default=min(LIMIT, queries.MAX_LIMIT), min_value=1,
                                     max_value=queries.MAX_LIMIT)  # fmt: skip


class ResultShown(serializers.Serializer[Result]):
    """One thing found."""

    type = serializers.CharField(help_text="entry, topic, page, file, person or hub.")
    kind = serializers.ChoiceField(KINDS)
    id = serializers.CharField()
    hub = serializers.CharField()
    path = serializers.CharField(help_text="The page it is on.")
    title = serializers.CharField(source="title.text")
    snippet = serializers.CharField(source="snippet.text")
    marks = serializers.SerializerMethodField(help_text="Ranges of characters of the snippet that were asked for.")
    title_marks = serializers.SerializerMethodField(help_text="Those of the title.")
    url = serializers.SerializerMethodField(help_text="Where a browser reads it.")
    person = serializers.CharField(source="person_handle")
    match = serializers.CharField(help_text="`same error`, `similar error` or nothing.")
    is_solved = serializers.BooleanField(allow_null=True)
    problem = serializers.CharField(source="problem.text")
    solution = serializers.CharField(source="solution.text")

    def get_marks(self, result: Result) -> list[tuple[int, int]]:
        return [(mark.start, mark.end) for mark in result.snippet.marks]

    def get_title_marks(self, result: Result) -> list[tuple[int, int]]:
        return [(mark.start, mark.end) for mark in result.title.marks]

    def get_url(self, result: Result) -> str:
        return result_address(result)


class ResultsShown(serializers.Serializer[Any]):
    """What was found, the most useful first."""

    results = ResultShown(many=True)
    facets = serializers.DictField(child=serializers.IntegerField(), help_text="How many of each kind.")
    next = serializers.CharField(allow_null=True)
    is_cut = serializers.BooleanField(help_text="There is more than is counted.")
    error = serializers.CharField(help_text="The error message that the query was taken for.")


class Search(Resource):
    """One search over everything."""

    @operation("Search", query=SearchAsked, answer=ResultsShown)
    def get(self) -> Any:
        asked = self.asked
        found = queries.search(
            self.actor, asked["q"], hub=asked["hub"], kind=asked["kind"], limit=asked["limit"], cursor=asked["cursor"]
        )
        return {"results": found.results, "facets": found.facets or {}, "next": found.next or None,
                "is_cut": found.is_cut, "error": found.error}  # fmt: skip
