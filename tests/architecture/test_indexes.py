"""Every index is one that every write pays for: none repeats the beginning of another."""

from django.apps import apps
from django.db import models


def columns_of_indexes(model: type[models.Model]) -> dict[str, tuple[str, ...]]:
    """The fields of each index and unique constraint of a model, by name; a field's own index by the field's name."""
    named = {index.name: index.fields for index in model._meta.indexes}
    named |= {c.name: c.fields for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)}
    own = {field.name: (field.name,) for field in model._meta.local_fields if field.db_index and not field.unique}
    return {name: tuple(field.lstrip("-") for field in fields) for name, fields in (named | own).items()}


def repeated(indexes: dict[str, tuple[str, ...]]) -> list[str]:
    """The names of indexes that another one serves as well."""
    return [
        name
        for name, fields in indexes.items()
        if any(other != name and longer[: len(fields)] == fields for other, longer in indexes.items())
    ]


def test_no_index_repeats_another() -> None:
    models_of_ours = [model for model in apps.get_models() if model.__module__.startswith("nexus.")]
    assert len(models_of_ours) > 10
    found = {model.__name__: twice for model in models_of_ours if (twice := repeated(columns_of_indexes(model)))}
    assert found == {}, "Set db_index=False on the foreign key, or drop the shorter index."


def test_the_test_sees_it() -> None:
    assert repeated({"hub": ("hub",), "in_order": ("hub", "seq")}) == ["hub"]
    assert repeated({"seq": ("seq",), "in_order": ("hub", "seq")}) == []
