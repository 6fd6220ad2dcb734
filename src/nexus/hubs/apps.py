from django.apps import AppConfig


class HubsConfig(AppConfig):
    name = "nexus.hubs"
    label = "hubs"

    def ready(self) -> None:
        """Has signing in written down, whichever door it went through."""
        from django.contrib.auth.signals import user_logged_in, user_login_failed

        from nexus.hubs import audit

        user_logged_in.connect(audit.signed_in, dispatch_uid="nexus.audit")
        user_login_failed.connect(audit.not_signed_in, dispatch_uid="nexus.audit")
