"""D3, D7: files that browsers, or programs that trust a name, would run, and names made to deceive whoever saves them."""

import base64
from typing import NamedTuple

#: What each active file tries first: tell the page that looks, then somebody outside.
RUN = "try{top.ran='ran'}catch(e){};document.title='ran';new Image().src='/ran';fetch('/ran');"
_HTML = f'<!doctype html><title>x</title><script>{RUN}</script><body onload="{RUN}">'.encode()
_SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{RUN}"><script>{RUN}</script></svg>'.encode()
_XHTML = f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>{RUN}</script></html>'.encode()
_XSLT = (
    b'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#s"?><d><xsl:stylesheet id="s" version="1.0" '
    b'xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><html><script>'
    + RUN.encode()
    + b"</script>"
    b"</html></xsl:template></xsl:stylesheet></d>"
)
_MHTML = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n"
    b"Content-Location: http://x/\r\n\r\n" + _HTML + b"\r\n--b--\r\n"
)
_PDF = (
    b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)
_JS = RUN.encode()
_WORKER = b"self.addEventListener('fetch',e=>e.respondWith(new Response('<script>document.title=\"ran\"</script>')))"
_PIXEL = base64.b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAA=")
_PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=")
_WASM = b"\0asm\x01\0\0\0"
_ZIP = b"PK\x05\x06" + b"\0" * 18
_ODD = b"\0\x01\x02 bytes that are no text"


class Upload(NamedTuple):
    """A file: where it is put, its bytes, the type its sender says it has, and what our own look makes of it."""

    path: str
    data: bytes
    said: str
    kind: str = "text/plain; charset=utf-8"


BYTES = "application/octet-stream"

FILES = (
    # Active as what they are.
    Upload("a/plain.svg", _SVG, "image/svg+xml"),
    Upload("a/plain.html", _HTML, "text/html"),
    Upload("a/plain.htm", _HTML, "text/html"),
    Upload("a/plain.shtml", b'<!--#exec cmd="id" -->' + _HTML, "text/html"),
    Upload("a/plain.xhtml", _XHTML, "application/xhtml+xml"),
    Upload("a/plain.xht", _XHTML, "application/xhtml+xml"),
    Upload("a/plain.xml", _XHTML, "application/xml"),
    Upload("a/sheet.xml", _XSLT, "text/xml"),
    Upload("a/sheet.xsl", _XSLT, "text/xsl"),
    Upload("a/feed.rss", _XHTML, "application/rss+xml"),
    Upload(
        "a/math.mml",
        b"<math xmlns='http://www.w3.org/1998/Math/MathML' href='javascript:1'/>",
        "application/mathml+xml",
    ),
    Upload("a/archive.mhtml", _MHTML, "multipart/related"),
    Upload("a/archive.mht", _MHTML, "message/rfc822"),
    Upload("a/mail.eml", _MHTML, "message/rfc822"),
    Upload("a/script.js", _JS, "text/javascript"),
    Upload("a/module.mjs", _JS, "text/javascript"),
    Upload("a/worker.js", _WORKER, "text/javascript"),
    Upload("a/data.json", b'{"x":"</script><script>1</script>"}', "application/json"),
    Upload("a/style.css", b"@import '/ran'; body{background:url(/ran)}", "text/css"),
    Upload("a/component.htc", b"<public:attach event=onload onevent=x()><script>x=1</script>", "text/x-component"),
    Upload("a/program.wasm", _WASM, "application/wasm", BYTES),
    Upload("a/film.swf", b"FWS\x05\x1e\0\0\0\0", "application/x-shockwave-flash", BYTES),
    Upload("a/form.pdf", _PDF, "application/pdf", BYTES),
    Upload("a/applet.jar", _ZIP, "application/java-archive", BYTES),
    Upload("a/cache.appcache", b"CACHE MANIFEST\n/\nFALLBACK:\n/ /ran\n", "text/cache-manifest"),
    Upload("a/app.webmanifest", b'{"start_url":"/ran"}', "application/manifest+json"),
    Upload("a/vector.eps", b"%!PS\n(%pipe%id) (w) file\n", "application/postscript"),
    Upload("a/gone.hta", _HTML, "application/hta"),
    # Active as something else.
    Upload("b/a.png", _HTML, "text/html"),
    Upload("b/b.jpg", _SVG, "image/jpeg"),
    Upload("b/c.gif", b"GIF87" + _HTML, "text/html"),
    Upload("b/polyglot.gif", b"GIF89a/*" + b"\0" * 8 + b"*/=1;" + _JS, "text/javascript", "image/gif"),
    Upload("b/polyglot.js", b"GIF87a/*\xff*/=1;" + _JS, "text/javascript", "image/gif"),
    Upload("b/short.gif", b"GIF89a=1;" + _JS, "image/gif"),
    Upload("b/picture.html", _PIXEL + _HTML, "text/html", "image/gif"),
    Upload("b/picture.png.html", _PNG + _HTML, "text/html", "image/png"),
    Upload("b/jpeg.svg", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + _SVG, "image/svg+xml", "image/jpeg"),
    Upload("b/riff.html", b"RIFF\0\0\0\0WEBPVP8 " + _HTML, "text/html", "image/webp"),
    Upload("b/still.html", b"\0\0\0\x1cftypavif\0\0\0\0" + _HTML, "text/html", "image/avif"),
    Upload("b/late.html", b" " * 2000 + _HTML, "text/html"),
    Upload("b/mark.html", b"\xef\xbb\xbf" + _HTML, "text/html"),
    Upload("b/utf7.txt", b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "text/html; charset=utf-7"),
    Upload("b/utf16.html", _HTML.decode().encode("utf-16"), "text/html; charset=utf-16", BYTES),
    Upload("b/japanese.html", b"\x1b$B" + _HTML, "text/html; charset=iso-2022-jp"),
    Upload("b/nul.html", b"\0" + _HTML, "text/html", BYTES),
    Upload("b/icon.ico", b"\0\0\x01\0\x01\0" + _HTML, "image/x-icon", BYTES),
    Upload("b/bitmap.bmp", b"BM\0\0" + _HTML, "image/bmp", BYTES),
    Upload("b/pdf.html", b"<!--" + _PDF.replace(b"\xe2\xe3\xcf\xd3", b"x") + b"-->" + _HTML, "application/pdf"),
    Upload("b/empty.html", b"", "text/html"),
    # By their names.
    Upload("c/photo.svg.png", _SVG, "image/png"),
    Upload("c/page.html.txt", _HTML, "text/plain"),
    Upload("c/page.php.jpg", b"<?php echo 1;" + _HTML, "image/jpeg"),
    Upload("c/no-suffix", _HTML, "text/html"),
    Upload("c/.htaccess", b"AddType text/html .png\n", "text/plain"),
    Upload("c/.user.ini", b"auto_prepend_file=a.png\n", "text/plain"),
    Upload("c/web.config", b"<configuration/>", "text/xml"),
    Upload("c/UPPER.HTML", _HTML, "text/html"),
    Upload("c/dot.html.", _HTML, "text/html"),
    Upload("c/space.html ", _HTML, "text/html"),
    Upload("c/stream.html::$DATA", _HTML, "text/html"),
    Upload("c/semicolon.html;.png", _HTML, "image/png"),
    Upload("c/right\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe", _ODD, "image/png", BYTES),
    Upload("c/isolate\N{RIGHT-TO-LEFT ISOLATE}gpj.lmth", _ODD, "image/jpeg", BYTES),
    Upload("c/line\r\nX-Injected: yes\r\n\r\n<script>.bin", _ODD, "text/html", BYTES),
    Upload("c/ends in a line\n", _ODD, "text/html", BYTES),
    Upload("c/tab\tbell\aescape\x1b[2J.bin", _ODD, BYTES, BYTES),
    Upload("c/separator\N{LINE SEPARATOR}next.bin", _ODD, BYTES, BYTES),
    Upload('c/quote";filename="evil.html', _ODD, BYTES, BYTES),
    Upload("c/apostrophe'; filename*=utf-8''evil.html", _ODD, BYTES, BYTES),
    Upload("c/percent%22%0d%0a%2e%2e%2fx.bin", _ODD, BYTES, BYTES),
    Upload("c/..\\..\\windows\\evil.exe", _ODD, BYTES, BYTES),
    Upload("c/" + "long" * 230 + ".html", _ODD, BYTES, BYTES),
    Upload("c/CON", _ODD, BYTES, BYTES),
    Upload("c/aux.html", _ODD, BYTES, BYTES),
    Upload("c/\N{PILE OF POO}\N{ZERO WIDTH JOINER}\N{GRINNING FACE}.gif", _PIXEL, "image/gif", "image/gif"),
    Upload("c/caf\N{LATIN SMALL LETTER E WITH ACUTE}.png", _PNG, "image/png", "image/png"),
    Upload('c/picture"\n.png', _PNG, "image/png", "image/png"),
    Upload("c/\N{FULLWIDTH SOLIDUS}etc\N{FULLWIDTH SOLIDUS}passwd", _ODD, BYTES, BYTES),
    Upload("c/ ", _ODD, BYTES, BYTES),
    Upload("c/~", _ODD, BYTES, BYTES),
    Upload("c/<img src=x onerror=alert(1)>.bin", _ODD, BYTES, BYTES),
)

#: What is no path: nothing may be stored for it.
UNFIT = (
    "../x.html", "a/../../x.html", "/etc/passwd", "a//b", "a/./b", "..", ".", "", "a/", "nul\0.html", "n" * 4096,
)  # fmt: skip

#: D8: other ways of writing "outside", each below an address that gives bytes.
OUTSIDE = (
    "..", "../settings.py", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd",
    "..%252f..%252fsettings",
    "%252e%252e%252fsettings", "..\\..\\settings.py", "..%5c..%5csettings.py", "..%c0%afsettings", "%c0%ae%c0%ae/settings",
    "%2fetc%2fpasswd", "//etc/passwd", "/etc/passwd", "file:///etc/passwd", "a/plain.svg%00.png", "%00", "a/../a/plain.svg",
    "a/./plain.svg", "./a/plain.svg", "a//plain.svg", "A/plain.svg", "a/PLAIN.SVG", "a/plain.svg/", "a/plain.svg/x.css",
    "a/plain.svg%20", "a/plain.svg.", "a%2f..%2fa%2fplain.svg", "....//settings", "..;/settings", "a/plain.svg::$DATA",
    "%ff%fe", "%ed%a0%80", "C:%5cwindows%5cwin.ini", "~root/.profile", "nexus.sqlite3", "attachments/", "../attachments",
)  # fmt: skip
