import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pages import keys
from tests.pages.keys import KEYS, Maker

from nexus.pages.sensitive import MOST, What, count_in, sensitive_in

TIMES = 40


@pytest.mark.parametrize("service", KEYS)
def test_keys_in_the_shapes_of_services_are_found(service: str) -> None:
    missed = []
    for seed in range(TIMES):
        value = KEYS[service](Maker(seed))
        text = f"# Notes\n\nIt worked with `{value}` and then not.\n"
        found = sensitive_in(text)
        if [one.value for one in found] != [value]:
            missed.append((seed, [one.value[:12] for one in found]))
        assert bool(count_in(text.encode())) == bool(found)
        assert all(one.line == 3 and text[one.start : one.end] == one.value for one in found)
    assert len(missed) <= TIMES // 20, missed


def test_passwords_are_found_by_what_they_are_called() -> None:
    missed = [
        line
        for seed in range(TIMES)
        for line, value in keys.passwords(Maker(seed))
        if value not in {one.value for one in sensitive_in(f"first\n{line}\n")}
    ]
    assert len(missed) <= TIMES * len(keys.PLACES) // 20, missed[:20]


def test_private_keys_are_found() -> None:
    for seed, kind in enumerate(("RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED ")):
        made = keys.private_key(Maker(seed), kind)
        (plain,) = sensitive_in(f"a\n\n```\n{made}```\n")
        (in_json,) = sensitive_in('{"key": "' + made.replace("\n", "\\n") + '"}')
        assert (plain.what, plain.line, in_json.what) == (What.PRIVATE_KEY, 4, What.PRIVATE_KEY)
        assert "…" in plain.masked
        assert plain.value[30:] not in plain.masked


def test_what_is_personal_is_found() -> None:
    for seed in range(TIMES):
        m = Maker(seed)
        mail = f"{m('abcdefghij', 6)}.{m('klmnop', 5)}@{m('abcdef', 7)}.com"
        for value, what in (
            (mail, What.EMAIL), (keys.card(m), What.CARD), (keys.iban(m), What.IBAN), (keys.phone(m), What.PHONE),
        ):  # fmt: skip
            found = sensitive_in(f"Ask Ada: {value}, any time.\n")
            assert [(one.what, one.value) for one in found] == [(what, value)], (seed, value)


def test_ones_own_address_is_no_secret() -> None:
    mail = "ada.l" + "@" + "analytical.com"
    assert sensitive_in(f"Mail: {mail}")
    assert not sensitive_in(f"Mail: {mail}", own={mail.upper()})


#: What documents for learners are full of.
HARMLESS = (
    "SECRET_KEY=your-secret-key",
    "SECRET_KEY = 'django-insecure-change-me-in-production-1234567890'",
    "password: changeme",
    "TOKEN=<token>",
    "API_KEY=${API_KEY}",
    'password = "password123"',
    "DB_PASSWORD=postgres",
    "PASSWORD=Admin@12345",
    "DATABASE_URL=postgres://user:pass@localhost:5432/db",
    "postgresql://postgres:S3cretPw9x@localhost/app",
    "mongodb://root:hJ3kd9Dkq@mongo:27017/app",
    "redis://:p4ssW0rd@redis:6379/0",
    "https://user:password@example.com/",
    "amqp://guest:guest@rabbitmq.internal.net:5672/",
    "ada@example.com",
    "someone@example.org",
    "git@github.com:ada/nexus.git",
    "you@yourdomain.com",
    "john.doe@gmail.com",
    "support@alxafrica.com",
    "logo@2x.png",
    "npm i @types/node@18.1.0",
    "ubuntu@ec2-1-2-3-4.compute.amazonaws.com",
    "password = request.POST['password']",
    "token = self.get_token(user)",
    "secret = os.environ.get('SECRET_KEY')",
    "SECRET_KEY = config('SECRET_KEY', default='')",
    "apiKey: process.env.API_KEY",
    "Password: at least 8 characters, one digit",
    "token: str = Depends(oauth2_scheme)",
    "access_token: string;",
    "AWS_ACCESS_KEY_ID=AKIA" + "IOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY",
    "Authorization: Bearer <access_token>",
    "Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...",
    "Bearer YOUR_TOKEN",
    "Authorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=",
    "STRIPE_SECRET_KEY=sk_test_51Hxxxxxxxxxxxxxxxxxxxxxx",
    "Authorization: Token 9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b",
    "commit 9944b09199c62bcf9418ad846dd0e4bbdfc6ee4c",
    "sha256:3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a",
    "GET /api/v1/tokens/0195fa2e-3a1b-7c2d-8e4f-5a6b7c8d9e0f",
    "4242 4242 4242 4242",
    "4111-1111-1111-1111",
    "order 1234 5678 9012 3456",
    "+1 555 0100",
    "+1 (555) 123-4567",
    "2024-01-02 10:00",
    "DE89 3704 0044 0532 0130 00",
    "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
    "ssh-rsa AAAAB3NzaC1yc2EAAA ada",
    "class AuthTokenSerializer: key = models.CharField(max_length=40)",
    "CSRF token: {% csrf_token %}",
    "primary_key=True",
    "idempotency-key: the same request once more answers what the first did",
    "keyword: value-with-2-digits-in-it-2024",
    "integrity: sha512-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4==",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_examples_and_placeholders_say_nothing(text: str) -> None:
    assert sensitive_in(f"# Notes\n\n{text}\n") == []


def test_what_is_found_is_bounded_and_apart() -> None:
    text = "\n".join(KEYS["GitHub"](Maker(seed)) for seed in range(3 * MOST))
    found = sensitive_in(text)
    assert len(found) == MOST
    assert all(one.end <= two.start for one, two in pairwise(found))


@given(st.text(alphabet=st.sampled_from("eyJ.-_@:/+ \n=\"'skghp_AKIA0019+abZ"), max_size=400))
def test_any_text_can_be_looked_through(text: str) -> None:
    found = sensitive_in(text)
    assert (count_in(text.encode()) > 0) == (found != [])
    assert all(
        text[one.start : one.end] == one.value and text.count("\n", 0, one.start) + 1 == one.line for one in found
    )


#: Pieces of which long texts are made that backtracking would drown in.
HOSTILE = (
    "eyJ",
    "eyJa.",
    "a@",
    "a@b.",
    "://a:",
    "://a:b@",
    "password=",
    "password",
    "secret: '",
    "aws key ",
    "AKIA",
    "xoxb-1-",
    "xoxb-1",
    "sk-",
    "+1 ",
    "+1(",
    "1234 ",
    "4111 ",
    "DE12 ",
    "AB12",
    "-----BEGIN PRIVATE KEY-----",
    "_authToken",
    "npm_",
    "M" * 24 + ".",
    "a.",
    "-",
    "_",
    "=",
    "key:",
    "token = ",
    "hooks.slack.com/services/T",
    "SG.",
    "https://",
    "0" * 13,
    "PuTTY",
    "\n",
    "BEGIN RSA PRIVATE KEY",
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    """Compared with itself, as CPU time: four times the text takes no more than some eight times as long."""

    def seconds(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        begun = time.process_time()
        sensitive_in(text)
        return time.process_time() - begun

    seconds(1000)
    small, large = min(seconds(50_000), seconds(50_000)), min(seconds(200_000), seconds(200_000))
    assert large < 10 * max(small, 0.02), (small, large)
