"""Texts that a diagram or a formula must not be able to become: what Mermaid and KaTeX were broken by, and what would be."""

from tests.security.payloads import EVIL

RUN = "alert(1)"
IMG = f"<img src={EVIL}/i.png onerror={RUN}>"
FRONT = "---\nconfig:\n  {}\n---\nflowchart LR\n  A --> B"
DIAGRAMS = [
    f'flowchart LR\n  A["{IMG}"] --> B',
    f'flowchart LR\n  A["`**{IMG}**`"] --> B',
    f'flowchart LR\n  A["<script>{RUN}</script>"] --> B',
    f'flowchart LR\n  A["<svg onload={RUN}>"] --> B',
    f"flowchart LR\n  A[\"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>\"] --> B",
    f'flowchart LR\n  A["<math><mtext><style><img src=x onerror={RUN}></style></mtext></math>"] --> B',
    f'flowchart LR\n  A[x] --> B\n  click A "javascript:{RUN}"',
    f'flowchart LR\n  A[x] --> B\n  click A href "javascript:{RUN}" "tip" _blank',
    "flowchart LR\n  A[x] --> B\n  click A call alert(1)",
    "flowchart LR\n  A[x] --> B\n  click A alert",
    f'flowchart LR\n  A@{{ img: "{EVIL}/shape.png", label: "x", w: 60, h: 60 }} --> B',
    f'flowchart LR\n  A@{{ icon: "fa:user", label: "{EVIL}" }} --> B',
    f"flowchart LR\n  A --> B\n  style A fill:url({EVIL}/fill.svg)",
    f"flowchart LR\n  A --> B\n  classDef evil fill:#fff;}}</style><img src=x onerror={RUN}><style>\n  class A evil",
    f"flowchart LR\n  A --> B\n  classDef evil background:url({EVIL}/class.png)\n  class A evil",
    f'%%{{init: {{"securityLevel": "loose", "htmlLabels": true}}}}%%\nflowchart LR\n  A["{IMG}"] --> B',
    f'%%{{init: {{"securityLevel": "antiscript"}}}}%%\nflowchart LR\n  A["{IMG}"] --> B\n  click A "javascript:{RUN}"',
    (
        f'%%{{init: {{"themeCSS": "@import url({EVIL}/theme.css); * {{ background: url({EVIL}/bg.png) }}"}}}}%%\n'
        f"flowchart LR\n  A --> B"
    ),
    f'%%{{init: {{"fontFamily": "x; background: url({EVIL}/font.png)"}}}}%%\nflowchart LR\n  A --> B',
    (
        f'%%{{init: {{"themeVariables": {{"primaryColor": "red;}} </style><img src=x onerror={RUN}>"}}}}}}%%\n'
        f"flowchart LR\n  A --> B"
    ),
    f'%%{{init: {{"flowchart": {{"htmlLabels": true}}, "maxTextSize": 99999999}}}}%%\nflowchart LR\n  A["{IMG}"] --> B',
    (
        '%%{init: {"__proto__": {"securityLevel": "loose"}, "constructor": {"prototype": {"x": 1}}}}%%\n'
        "flowchart LR\n  A --> B"
    ),
    FRONT.format(f"securityLevel: loose\n  themeCSS: '@import url({EVIL}/front.css)'"),
    FRONT.format(f"altFontFamily: 'x}}</style><img src=x onerror={RUN}>'"),
    f"sequenceDiagram\n  participant A as {IMG}\n  A->>B: {IMG}\n  Note over A: <script>{RUN}</script>",
    (
        f"sequenceDiagram\n  participant A\n  link A: x @ javascript:{RUN}\n"
        f'  links A: {{"y": "javascript:{RUN}"}}\n  A->>A: z'
    ),
    f"sequenceDiagram\n  A->>B: $$\\href{{javascript:{RUN}}}{{x}} \\includegraphics{{{EVIL}/tex.png}}$$",
    f'classDiagram\n  class A["{IMG}"]\n  A : +{IMG}\n  click A href "javascript:{RUN}"\n  link A "javascript:{RUN}"',
    f'stateDiagram-v2\n  state "{IMG}" as s\n  [*] --> s : {IMG}\n  click s href "javascript:{RUN}"',
    (
        f"gantt\n  title {IMG}\n  section x\n  t :a1, 2024-01-01, 1d\n"
        f'  click a1 href "javascript:{RUN}"\n  click a1 call alert()'
    ),
    f'pie title {IMG}\n  "{IMG}" : 1\n  "b" : 2',
    f'erDiagram\n  A ||--o{{ B : "{IMG}"\n  A {{ string x "{IMG}" }}',
    f"mindmap\n  root(({IMG}))\n    <script>{RUN}</script>\n    ::icon({EVIL})",
    f'gitGraph\n  commit id: "{IMG}"\n  branch "<svg onload={RUN}>"',
    f"journey\n  title {IMG}\n  section {IMG}\n    {IMG}: 5: Me",
    f'C4Context\n  Person(a, "{IMG}", "x", $link="javascript:{RUN}", $sprite="{EVIL}/c4.png")',
    f'quadrantChart\n  title {IMG}\n  x-axis "{IMG}" --> b\n  a: [0.3, 0.6]',
    f'architecture-beta\n  service a({EVIL}/icon.svg)[x]\n  service b(server)["{IMG}"]',
    f'block-beta\n  a["{IMG}"] b',
    f"timeline\n  title {IMG}\n  2024 : {IMG}",
    f'sankey-beta\n\n"{IMG}",b,1',
    f'kanban\n  a[{IMG}]\n    t["{IMG}"]@{{ ticket: "javascript:{RUN}" }}',
    f'requirementDiagram\n  requirement r {{ id: 1\n text: "{IMG}" }}',
    f"accTitle: x\nflowchart LR\n  accTitle: {IMG}\n  accDescr: <script>{RUN}</script>\n  A --> B",
    "flowchart LR\n" + "\n".join(f"  N{a} --> N{b}" for a in range(40) for b in range(40)),
    "flowchart LR\n" + "  subgraph s\n" * 300 + "  A --> B\n",
]
FORMULAS = [
    rf"\href{{javascript:{RUN}}}{{x}}",
    rf"\url{{javascript:{RUN}}}",
    rf"\includegraphics[height=1em]{{{EVIL}/tex.png}}",
    (
        rf"\htmlData{{onclick={RUN}}}{{x}} \htmlStyle{{background:url({EVIL}/s.png)}}{{y}} "
        rf"\htmlId{{Palette}}{{z}} \htmlClass{{bar}}{{w}}"
    ),
    rf"\text{{{IMG}}} <script>{RUN}</script>",
    rf"\color{{url({EVIL}/c.png)}} x \textcolor{{red;background:url({EVIL})}}{{y}} \colorbox{{expression({RUN})}}{{z}}",
    r"\def\a{\a\a}\a",
    r"\def\a#1{\a{#1#1}}\a{x}",
    r"\rule{1000000em}{1000000em} \kern{99999999em} x",
    r"\begin{array}{" + "c" * 3000 + "}" + "a&" * 2999 + r"a\end{array}",
    "{" * 2000 + "x" + "}" * 2000,
    r"\sqrt" * 2000 + "{x}",
    r"\verb|<img src=x onerror=alert(1)>| \unicode{x3c}script",
]
