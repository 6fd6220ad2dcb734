from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "nexus.exchange"
    label = "exchange"
