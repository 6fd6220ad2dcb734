"""What is personal in a line of text, and passwords in addresses: rules of `nexus.pages.sensitive`.

Numbers are those that hold by their own check digits (ISO/IEC 7812, ISO 13616) or plan (E.164), so that few others are taken
for one; what documents use as examples is none.
"""

import re
from collections.abc import Iterator

from stdnum import iban, luhn

from nexus.pages.sensitive_rules import stands_for

_EMAIL = re.compile(
    r"(?<![\w.+/:@-])([A-Za-z0-9][\w.+-]{0,63})@((?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24})(?![\w@-])"
)
#: What stands where a person does not: whole offices, machines, examples.
_NOBODY = re.compile(
    r"(?:no-?reply|do-?not-?reply|support|info|hello|hi|contact|admin|administrator|sales|security|team|help|office|mail|"
    r"e?mail|webmaster|postmaster|hostmaster|abuse|press|jobs|careers|billing|dev|developers?|git|hg|svn|root|ubuntu|"
    r"ec2-user|deploy|debian|centos|azureuser|opc|user\d*|username|users?|you|your?[\w.-]*|me|my[\w.-]*|name|first[\w.-]*|foo|"
    r"bar|baz|test[\w.-]*|demo[\w.-]*|example[\w.-]*|sample[\w.-]*|somebody|someone|anyone|owner|author|john(?:\.?doe)?|"
    r"jane(?:\.?doe)?|j?\.?doe|alice|bob|carol|eve|ada|customer|client|student|host|guest[\w.-]*|staff|partnerships?|feedback|manager|agent|notifications?)",
    re.IGNORECASE,
)
_NOWHERE = re.compile(
    r"(?:.*\.)?(?:example|test|invalid|localhost|local|internal|lan|home)"
    r"|(?:.*\.)?(?:example|yourdomain|your-?\w*|my-?\w*|domain|company|site|server|host|acme|test|email|foo|bar|abc|xyz|corp|org)\."
    r"(?:com|org|net|io|co|edu|dev|app|local)(?:\.\w+)?"
    r"|(?:.*\.)?(?:noreply\.github\.com|sentry\.io|amazonaws\.com|gserviceaccount\.com|compute\.internal|reply\.github\.com)"
    r"|.*\.(?:png|jpe?g|gif|svg|webp|css|js|ts|py|rb|md|service|target|socket|timer|sh|yml|yaml|json|conf|git)",
    re.IGNORECASE,
)
_SIGNED_IN = re.compile(
    r"(?<![\w+.-])[a-z][a-z0-9+.-]{1,20}://([^\s:/@'\"`<>]{0,100}):([^\s/@'\"`<>]{1,200})@([\w.-]{1,253})",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"localhost|[\w-]+|(?:127|10|192\.168|172\.(?:1[6-9]|2\d|3[01])|0)(?:\.\d{1,3}){1,3}|.*\.local", re.IGNORECASE
)
#: Numbers that payment services publish for trying them out.
_TRIED = frozenset({
    "4242424242424242", "4111111111111111", "4000056655665556", "5555555555554444", "5105105105105100", "2223003122003222",
    "378282246310005", "371449635398431", "6011111111111117", "6011000990139424", "3056930009020004", "30569309025904",
    "38520000023237", "3530111333300000", "3566002020360505", "4012888888881881", "4222222222222", "4917484589897107",
    "5200828282828210", "4000000000000002", "4000002500003155", "4000000000009995", "5399838383838381",
})  # fmt: skip
_CARD = re.compile(
    r"(?<![\w.#/=-])(?:[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,4}|3[47]\d{2}[ -]?\d{6}[ -]?\d{5})(?![\w.-]\d|\w)"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])")
#: Of the standard and its registry, which everybody copies.
_SHOWN = frozenset({
    "DE89370400440532013000", "GB82WEST12345698765432", "GB29NWBK60161331926819", "GB33BUKB20201555555555",
    "FR1420041010050500013M02606", "FR7630006000011234567890189", "NL91ABNA0417164300", "BE68539007547034",
    "ES9121000418450200051332", "CH9300762011623852957", "IT60X0542811101000000123456", "AT611904300234573201",
})  # fmt: skip


def addresses(line: str) -> Iterator[tuple[int, int]]:
    """Where the e-mail addresses of people stand."""
    for found in _EMAIL.finditer(line):
        if not (_NOBODY.fullmatch(found[1]) or _NOWHERE.fullmatch(found[2])):
            yield found.span()


def signed_in_urls(line: str) -> Iterator[tuple[int, int]]:
    """Where passwords stand in addresses (RFC 3986 §3.2.1) of machines that others can reach."""
    for found in _SIGNED_IN.finditer(line):
        name, password, host = found.groups()
        if not (_HERE.fullmatch(host) or _NOWHERE.fullmatch(host) or stands_for(password) or password == name):
            yield found.span(2)


def phones(line: str) -> Iterator[tuple[int, int]]:
    """Where telephone numbers stand, in their international form."""
    from phonenumbers import Leniency, PhoneNumberMatcher  # loads the plans of all countries: 1 MB, 50 ms

    for match in PhoneNumberMatcher(line, None, leniency=Leniency.VALID, max_tries=100):
        yield match.start, match.end


def cards(line: str) -> Iterator[tuple[int, int]]:
    """Where numbers of payment cards stand, by their check digit."""
    for found in _CARD.finditer(line):
        digits = re.sub(r"\D", "", found[0])
        if 13 <= len(digits) <= 19 and len(set(digits)) > 4 and digits not in _TRIED and luhn.is_valid(digits):
            yield found.span()


def ibans(line: str) -> Iterator[tuple[int, int]]:
    """Where numbers of bank accounts stand, by their country's form and check digits."""
    for found in _IBAN.finditer(line):
        number = found[0].replace(" ", "")
        if number not in _SHOWN and iban.is_valid(number, check_country=False):
            yield found.span()
