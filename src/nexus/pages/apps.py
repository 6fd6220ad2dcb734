from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "nexus.pages"
    label = "pages"
