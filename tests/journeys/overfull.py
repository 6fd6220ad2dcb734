"""What people bring although nobody planned for it: titles of 90 characters, 400 pages in a folder, lines without end."""

from pathlib import Path

from tests.ops.serving import command

LONG = "How the Extraordinarily Long-Winded Deployment of Our Payment Reconciliation Service Went"
ENTRIES = f"""## Key Technologies

- **Docker**: containers
- **{"Atechnologywhosenamehasnospace" * 3}**: is one

## Challenges

### {LONG}, and then it did not start at all

**Problem:** The container does not start. {"It stops. " * 40}

**Error:**

```
{"x" * 180} ConnectionRefusedError: [Errno 111] Connection refused
```

**Solution:** {"Wait for it. " * 40}

### Unsolved: {LONG}

**Problem:** Nothing works.
"""
TEXTS = {
    "long.md": f"# {LONG}\n\nText.\n\n## {LONG}\n\nMore.\n\n### {LONG}\n\nMore.\n\n{ENTRIES}",
    "plain.md": "No heading at all, and a [link](long.md).\n",
    "line.md": f"# One line\n\n```python\n{'result = compute(a, b) + ' * 84}\n```\n\n`{'x' * 300}` and {'y' * 200}\n",
    "table.md": "# Table\n\n" + "\n".join("|" + f" {cell} |" * 20 for cell in ("Column", "---", "words in it")) + "\n",
    "headings.md": "# Headings\n\n" + "".join(f"## Heading {n}\n\nWords.\n\n" for n in range(120)),
    "ar.md": "# ملاحظات الأسبوع\n\nتعلمت كيف أستخدم Docker مع PostgreSQL.\n\n## التحديات\n\n- **المشكلة**: الاتصال مرفوض\n",
    "am.md": "# የሳምንቱ ማስታወሻ\n\nዛሬ Docker እና PostgreSQL እንዴት አብረው እንደሚሠሩ ተማርኩ።\n",
    "zh.md": "# 第一周笔记\n\n" + "连接被拒绝的原因是主机名应该是 db 而不是 localhost。" * 8 + "\n",
    "a/b/c/d/e/f/g/h/i/j/k/l/m/n/deep.md": "# Deep\n\nText.\n",
    f"{'a-name-that-nobody-would-type-' * 4}.md": f"# {LONG}\n\nText.\n",
    "data.txt": "x",
}
ADDRESSES = [
    *(f"/overfull/{chapter}" for chapter in ("", "technologies", "challenges", "challenges?only=stuck", "topics")),
    *("/overfull/pages/many", "/overfull/pages/many/note-250.md", "/search?q=payment+reconciliation"),
    *(f"/overfull/pages/{path}" for path in TEXTS),
    *("/empty/", "/empty/challenges", "/empty/topics", "/empty/people"),
    *("/quiet/", "/quiet/people/zoe", "/quiet/people/zoe?week=3", "/people/zoe"),
]


def fill(data: Path, scratch: Path) -> None:
    """Three more public hubs: `overfull`, `empty`, and `quiet`, where Zoe wrote one page in which nothing is found."""
    source = scratch / "overfull"
    for path, text in TEXTS.items() | {f"many/note-{n:03}.md": f"# Note {n}\n\nWords.\n" for n in range(400)}.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(text, encoding="utf-8")
    (scratch / "password").write_text("a password for Zoe")
    (scratch / "hello.md").write_text("# Hello\n\nOnly this.\n")
    for slug, title in (("overfull", LONG), ("empty", "Empty"), ("quiet", "Quiet")):
        command(data, "hub", "create", slug, "--visibility", "public", "--title", title)
    command(data, "import", str(source), "--hub", "overfull")
    command(data, "user", "create", "zoe", "--email", "zoe@example.org", "--password-file", str(scratch / "password"))
    command(data, "hub", "member", "quiet", "zoe", "--role", "learner")
    command(data, "page", "put", "quiet", "hello.md", str(scratch / "hello.md"), "--as", "zoe")
