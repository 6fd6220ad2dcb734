"""The OpenAPI document of this API, made from the resources themselves."""

import functools
from typing import Any

import yaml
from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from nexus.api.rest.checks import Strict
from nexus.api.rest.resource import Resource, operation

TYPES = {"json": "application/vnd.oai.openapi+json", "yaml": "application/vnd.oai.openapi"}


class FormAsked(Strict):
    """The form of the document."""

    format = serializers.ChoiceField(sorted(TYPES), required=False, default="json")


class Schema(Resource):
    """The OpenAPI 3.1 document."""

    @operation(
        "The OpenAPI document", query=FormAsked, scope=None,
        raw={(200, type_): OpenApiResponse(OpenApiTypes.OBJECT, description="OpenAPI 3.1.") for type_ in TYPES.values()},
    )  # fmt: skip
    def get(self) -> HttpResponse:
        form = self.asked["format"]
        return HttpResponse(written(form), content_type=TYPES[form], headers={"Cache-Control": "public, max-age=300"})


@functools.cache
def document() -> dict[str, Any]:
    """The document; the same for everybody, since it says nothing of what is stored."""
    generator = SchemaGenerator(urlconf="nexus.api.rest.mounted")
    made: dict[str, Any] = generator.get_schema(request=None, public=True)
    return made


@functools.cache
def written(form: str) -> bytes:
    """The document as JSON or YAML."""
    if form == "yaml":
        return yaml.safe_dump(plain(document()), sort_keys=False, allow_unicode=True).encode("utf-8")
    import json

    return json.dumps(plain(document()), ensure_ascii=False, indent=1).encode("utf-8")


def plain(value: Any) -> Any:
    """Without the classes that drf-spectacular leaves in it."""
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def shared(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """What drf-spectacular does not know: how one signs in, and what stands in every answer (a postprocessing hook)."""
    components = result.setdefault("components", {})
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An access token, or a personal token (nxp_…)."},
        "session": {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME,
                    "description": "A browser's session; writes need X-CSRFToken."},
    }  # fmt: skip
    return result
