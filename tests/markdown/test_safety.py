"""Nothing a text says becomes more than text: no script, no address that runs, no place of the page's own taken."""

import re
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.markdown import Document, Target, anchors, parse
from nexus.markdown.document import safe_href
from nexus.markdown.sanitising import _CLEANER, Slots

from .strategies import TEXTS

pytestmark = pytest.mark.security

ALLOWED_ATTRIBUTES = frozenset(
    [
        "id",
        "href",
        "src",
        "alt",
        "title",
        "class",
        "data-span",
        "aria-label",
        "data-language",
        "rel",
        "align",
        "loading",
        "width",
        "height",
        "colspan",
        "rowspan",
        "scope",
        "start",
        "type",
        "reversed",
        "open",
        "datetime",
        "dir",
        "lang",
        "checked",
        "disabled",
    ]
)
NEVER = frozenset(
    [
        "script",
        "style",
        "iframe",
        "object",
        "embed",
        "form",
        "button",
        "textarea",
        "select",
        "svg",
        "math",
        "link",
        "meta",
        "base",
        "video",
        "audio",
        "source",
        "template",
        "noscript",
        "title",
        "xmp",
    ]
)


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def naive(reference_target: str) -> Target:
    return Target(reference_target, css_class='"><script>', title='"><script>')


def elements_of(document: Document) -> list[tuple[str, dict[str, str | None]]]:
    return Elements(document.render(lambda reference: naive(reference.target))).found


def assert_harmless(text: str) -> None:
    document = parse(text)
    for tag, attributes in elements_of(document):
        assert tag not in NEVER, (tag, text)
        assert set(attributes) <= ALLOWED_ATTRIBUTES, (tag, attributes)
        for name in ("href", "src"):
            address = attributes.get(name)
            assert address is None or safe_href(address) == address
        if tag == "input":
            assert attributes["type"] == "checkbox"
            assert attributes.get("aria-label") in {
                None,
                "Done",
                "To do",
            }  # ours: a text's own input is not let through
        identifier = attributes.get("id")
        assert (
            not identifier
            or identifier.startswith("user-content-")
            or identifier in {h.anchor for h in document.outline}
            or identifier in anchors(document).values()
        )


SCHEMES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\tjava\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;&#x61;vascript:alert(1)",
    "jav&#x09;ascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "file:///etc/passwd",
    "blob:https://x/1",
    "filesystem:http://x/1",
    "view-source:javascript:1",
    "\u00a0javascript:alert(1)",
    "\u200bjavascript:alert(1)",
    "feed:javascript:alert(1)",
    "jar:http://x!/y",
    "ms-word:ofe|u|x",
]
FORMS = [
    "[x]({})",
    "[x](<{}>)",
    "![x]({})",
    "[x][r]\n\n[r]: {}",
    "[x][r]\n\n[r]: <{}>",
    "<{}>",
    "[[{}]]",
    "![[{}]]",
    "![[{}#a.png]]",
    "<a href='{}'>x</a>",
    '<a href="{}">x</a>',
    "<a href={}>x</a>",
    '<img src="{}">',
    "<A HREF='{}'>x</A>",
    "<div>\n<a href='{}'>x</a>\n</div>",
    '<a\nhref="{}"\n>x</a>',
    "| a |\n|---|\n| [x]({}) |",
    "# [x]({})",
    "- [ ] [x]({})",
    "x[^1]\n\n[^1]: [y]({})",
]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_address_that_runs_in_any_spelling_survives(scheme: str) -> None:
    for form in FORMS:
        text = form.format(scheme)
        assert_harmless(text)
        for reference in parse(text).references:
            if reference.kind in {"link", "image"}:
                assert safe_href(reference.target) is not None, text


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_resolver_cannot_bring_one_back(scheme: str) -> None:
    html = parse("[x](y) ![x](z)").render(lambda _: Target(scheme))
    if "&" not in scheme:
        assert "href" not in html
        assert "src" not in html


PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror=alert(1) src>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<style>@import 'http://evil'</style>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<base href=//evil/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=//evil>",
    "<a href=x onmouseover=alert(1) style=position:fixed>x</a>",
    "<div style='background:url(javascript:alert(1))'>x</div>",
    "<p title='<img src=x onerror=alert(1)>'>x</p>",
    "<a title=\"x\" onclick='alert(1)'>x",
    '<img alt="`><script>alert(1)</script>">',
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)>",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml ?><img src=x onerror=alert(1)>",
    "<div\n>\n\n<img src=x\nonerror=alert(1)>\n\n</div>",
    "<table background=javascript:alert(1)><td background=x>y",
    "<input type=image src=x onerror=alert(1)>",
    "<input onfocus=alert(1) autofocus>",
    "<details open ontoggle=alert(1)>x</details>",
    "<img srcset='x 1x' src=y>",
    "<a href=x target=_top ping=//evil download>x</a>",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "```mermaid\n%%{init:{'securityLevel':'loose'}}%%\ngraph TD;a[<img src=x onerror=alert(1)>]\n```",
    "$</span><script>alert(1)</script>$",
    "$$\n</div><script>alert(1)</script>\n$$",
    "# <img src=x onerror=alert(1)>",
    '# x" onclick="alert(1)',
    "[x](y '\"onmouseover=alert(1) ')",
    '![" onerror="alert(1)](x)',
    '[[x|" onclick="alert(1)]]',
    "[[<script>alert(1)</script>]]",
    "> [!NOTE] <script>alert(1)</script>\n> x",
    "---\ntitle: <script>alert(1)</script>\n---\nx",
    "---\n<script>alert(1)</script>: [\n---\nx",
    "[^<script>]\n\n[^<script>]: x",
    "- [x] <script>alert(1)</script>",
    "<form id=x></form><button form=x formaction=javascript:alert(1)>x",
    "<a id=location name=cookie>x</a><img name=body><div id=documentElement>",
    "{{7*7}} {% include 'x' %} ${7*7}",
    "<p data-span='0-9' data-language=x class='callout k' data-hx-get=//evil hx-get=//evil>x</p>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_known_attacks_are_text(payload: str) -> None:
    for text in (
        payload,
        f"a {payload} b",
        f"> {payload}",
        f"- x\n\n  {payload}",
        f"| a |\n|---|\n| {payload} |",
        payload.replace("\n", "\r\n"),
    ):
        assert_harmless(text)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PAYLOADS), st.sampled_from(SCHEMES), TEXTS), max_size=6).map("".join))
def test_any_mixture_of_attacks_is_text(text: str) -> None:
    assert_harmless(text)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    html = parse(text).render(lambda _: Target(None))
    once = _CLEANER.clean(html)
    assert _CLEANER.clean(once) == once


def test_a_text_cannot_forge_a_slot() -> None:
    slots = Slots()
    seen = slots.address(0)
    for text in (
        f'<a href="{seen}">x</a>',
        f"[x]({seen})",
        f"`{seen}`",
        f"<p title='href=\"{seen}\"'>x</p>",
        seen,
        "[a](b) " + escape(seen),
    ):
        document = parse(text)
        numbers = [segment for segment in document.segments if isinstance(segment, int)]
        assert len(numbers) <= len(document.references)
        # What was another document's placeholder is an address of an unknown scheme here: it leads nowhere.
        assert seen not in re.findall(r'(?:href|src)="([^"]*)"', document.render(lambda r: Target(r.target)))


def test_a_placeholder_in_text_leaves_no_trace() -> None:
    slots = Slots()
    address = slots.address(0)
    assert slots.clean_and_cut(f'<p>{address}" <a href="{address}">x</a></p>') == ('<p>0" <a', 0, ">x</a></p>")


def test_our_own_spans_and_classes_cannot_be_written_by_hand() -> None:
    html = parse('<p data-span="0-99" data-language="x" class="evil">a</p>').render(lambda _: Target(None))
    assert html.strip() == "<p>a</p>"


def test_ids_and_names_of_a_text_get_a_prefix_and_links_still_find_them() -> None:
    document = parse(
        '<a name="Setup"></a>\n\n[up](#Setup) [down](#end) [other](#nowhere)\n\n<h2 id="x y">a</h2>\n\n## End'
    )
    assert document.custom_ids == ("Setup",)
    html = document.render(lambda reference: Target(reference.target))
    assert '<a id="user-content-Setup"></a>' in html
    assert '<a href="#user-content-Setup">up</a>' in html
    assert '<a href="#end">down</a>' in html
    assert '<h2 id="end"' in html


def test_values_from_a_resolver_are_escaped() -> None:
    html = parse("[x](y)").render(lambda _: Target('/a?"b&c', css_class='k"', title="<t>"))
    assert html.startswith("<p")
    assert '<a href="/a?&quot;b&amp;c" class="k&quot;" title="&lt;t&gt;">x</a>' in html


def test_placeholders_in_angle_brackets_stay_readable() -> None:
    document = parse("run `x` with <username> and <your-key>, not <script>this</script>")
    html = document.render(lambda _: Target(None))
    assert "with &lt;username&gt; and &lt;your-key&gt;, not this" in html
    assert "<username>" in document.plain
