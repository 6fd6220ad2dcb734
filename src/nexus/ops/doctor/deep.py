"""What must always hold of the stored data, asked of each package that has an `invariants` module."""

from collections.abc import Iterator
from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from nexus.pages.findings import Finding


def packages() -> list[str]:
    """The dotted names of the modules that know invariants, in the order of INSTALLED_APPS."""
    configs = [config for config in apps.get_app_configs() if config.name.startswith("nexus.")]
    return [f"{c.name}.invariants" for c in configs if c.module and module_has_submodule(c.module, "invariants")]


def findings() -> Iterator[Finding]:
    """Everything that does not hold."""
    for name in packages():
        yield from import_module(name).invariants()
