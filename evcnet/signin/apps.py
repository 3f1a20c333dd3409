"""What listens to sign-ins?"""

from django.apps import AppConfig


class SigninConfig(AppConfig):
    name = "evcnet.signin"
    label = "signin"
    verbose_name = "Signing in"

    def ready(self) -> None:
        from evcnet.signin import fresh, recording, second_factor

        fresh.listen()
        second_factor.listen()
        recording.listen()
