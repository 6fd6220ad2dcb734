"""Nexus: one live, searchable reference guide out of what a group of engineers writes down while learning."""

__version__ = "0.1.0"
