from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "nexus.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Has a session noted when it begins."""
        from django.contrib.auth.signals import user_logged_in

        from nexus.accounts import sessions

        user_logged_in.connect(sessions.began, dispatch_uid="nexus.sessions")
