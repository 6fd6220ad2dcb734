"""Keys in the shapes of real ones, made when they are asked for: in no file stands anything that a scanner would report."""

import base64
import json
import random
import string
from collections.abc import Callable, Iterator

LETTERS, DIGITS = string.ascii_letters, string.digits
ALNUM, LOWER, UPPER = LETTERS + DIGITS, string.ascii_lowercase + DIGITS, string.ascii_uppercase + DIGITS
HEX, WORD, BASE64 = "0123456789abcdef", LETTERS + DIGITS + "_-", LETTERS + DIGITS + "+/"


class Maker:
    """Random text from a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def __call__(self, letters: str, number: int) -> str:
        """`number` of `letters`, which neither begin nor end with punctuation."""
        inner = "".join(self.chance.choices(letters, k=number - 2))
        ends = [c for c in letters if c.isalnum()]
        return self.chance.choice(ends) + inner + self.chance.choice(ends)


def _url(data: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def _jwt(m: Maker) -> str:
    return ".".join(
        [
            _url({"alg": "HS256", "typ": "JWT"}),
            _url({"user_id": m.chance.randint(1, 10**6), "jti": m(HEX, 32)}),
            m(WORD, 43),
        ]
    )


#: Whose key it is → how one is made.
KEYS: dict[str, Callable[[Maker], str]] = {
    "Amazon": lambda m: "AK" + "IA" + m(UPPER, 16),
    "GitHub": lambda m: m.chance.choice(["gh" + "p_", "gh" + "o_", "gh" + "s_"]) + m(ALNUM, 36),
    "GitHub, fine-grained": lambda m: "github" + "_pat_" + m(ALNUM, 22) + "_" + m(ALNUM, 59),
    "GitLab": lambda m: "gl" + "pat-" + m(WORD, 20),
    "Google": lambda m: "AI" + "za" + m(WORD, 35),
    "Google OAuth": lambda m: "GOC" + "SPX-" + m(WORD, 28),
    "OpenAI": lambda m: "sk" + "-proj-" + m(WORD, 74),
    "Anthropic": lambda m: "sk" + "-ant-api03-" + m(WORD, 95),
    "Hugging Face": lambda m: "hf" + "_" + m(LETTERS, 34),
    "npm": lambda m: "npm" + "_" + m(ALNUM, 36),
    "PyPI": lambda m: "pypi" + "-AgEIcHlwaS5vcmc" + m(WORD, 120),
    "DigitalOcean": lambda m: "dop" + "_v1_" + m(HEX, 64),
    "Slack": lambda m: "xo" + "xb-" + m(DIGITS, 12) + "-" + m(DIGITS, 13) + "-" + m(ALNUM, 24).lower(),
    "Slack app": lambda m: "xa" + "pp-1-" + m(UPPER, 11) + "-" + m(DIGITS, 13) + "-" + m(HEX, 64),
    "Stripe": lambda m: "sk" + "_live_" + m(ALNUM, 24),
    "Stripe webhook": lambda m: "wh" + "sec_" + m(ALNUM, 32),
    "Paystack": lambda m: "sk" + "_live_" + m(HEX, 40),
    "Chapa": lambda m: "CHA" + "SECK-" + m(ALNUM, 32),
    "Flutterwave": lambda m: "FLW" + "SECK-" + m(HEX, 32) + "-X",
    "SendGrid": lambda m: "SG" + "." + m(WORD, 22) + "." + m(WORD, 43),
    "Twilio": lambda m: "SK" + m(HEX, 32),
    "Mailchimp": lambda m: m(HEX, 32) + "-us" + str(m.chance.randint(1, 21)),
    "Telegram": lambda m: m(DIGITS, 9) + ":AA" + m(WORD, 33),
    "Shopify": lambda m: "shp" + "at_" + m(HEX, 32),
    "Postman": lambda m: "PM" + "AK-" + m(HEX, 24) + "-" + m(HEX, 34),
    "Linear": lambda m: "lin" + "_api_" + m(ALNUM, 40),
    "Groq": lambda m: "gs" + "k_" + m(ALNUM, 52),
    "Supabase": lambda m: "sb" + "p_" + m(HEX, 40),
    "Nexus": lambda m: "nx" + "p_" + m(WORD, 43),
    "JWT": _jwt,
}  # fmt: skip
#: Where passwords and secrets without a shape of their own stand: the line, and the value in it.
PLACES = (
    "DB_PASSWORD={}", "export SECRET_KEY='{}'", 'password: "{}"', '  "api_key": "{}",', "AWS_SECRET_ACCESS_KEY = {}",
    "jwt_secret: {}", "const apiKey = `{}`;", "client_secret => '{}'", "Authorization: Bearer {}", "EMAIL_HOST_PASSWORD={}",
    "The database password: {}", "-H 'X-Auth-Token: {}'", "postgres://app:{}@db.learning-hub.net:5432/app",
    "MONGO_URI=mongodb+srv://app:{}@cluster0.ab1cd.mongodb.net/app", "| `JWT_SECRET` | token: {} |",
)  # fmt: skip


def passwords(m: Maker) -> Iterator[tuple[str, str]]:
    """(line, value) for every place."""
    for place in PLACES:
        value = m(ALNUM + "!#*_-", m.chance.choice([12, 20, 32, 40]))
        yield place.format(value), value


def private_key(m: Maker, kind: str = "RSA ") -> str:
    """A private key as tools write one."""
    body = "\n".join(m(BASE64, 64) for _ in range(12))
    dashes = "-" * 5
    return f"{dashes}BEGIN {kind}PRIVATE KEY{dashes}\n{body}\n{dashes}END {kind}PRIVATE KEY{dashes}\n"


def card(m: Maker) -> str:
    """The number of a payment card whose last digit is right."""
    digits = "4" + m(DIGITS, 14)
    doubled = [int(d) * (2 if n % 2 == 0 else 1) for n, d in enumerate(reversed(digits))]
    total = sum(n - 9 if n > 9 else n for n in doubled)
    number = digits + str(-total % 10)
    return " ".join(number[n : n + 4] for n in range(0, 16, 4))


def iban(m: Maker) -> str:
    """The number of a German bank account with its check digits."""
    account = m("123456789", 18)
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02d}{account}"


def phone(m: Maker) -> str:
    """A mobile number of Germany or Nigeria."""
    return m.chance.choice(["+49 151 2", "+234 803 "]) + m("23456789", 7)
