"""How the report looks: on white, on black, and on paper.

Every colour is a variable with a tone for each ground, and each tone has a contrast of 3 or more
there (text 4.5 or more). `light-dark` follows a notebook's theme where it says one, else the
system's; on paper it is light.
"""

from __future__ import annotations

from collections.abc import Mapping

from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.trace import Unit
from cyclesim.versus import Kind

__all__ = ["GROUND", "KINDS", "TONES", "UNITS_ON_WHITE", "style"]

#: Of the page, light and dark.
GROUND = ("#ffffff", "#11161c")
#: The units on white: the hues of `UNIT_COLOURS`, darker.
UNITS_ON_WHITE: Mapping[Unit, str] = {
    "input": "#5f7485",
    "embedding": "#0072b2",
    "attention": "#b06000",
    "residual": "#5b6773",
    "layernorm": "#a6477e",
    "ffn": "#00805e",
    "pooler": "#7a6a25",
    "classifier": "#877a00",
    "loss": "#b3304c",
    "optimizer": "#6a46b8",
    "output": "#c2491a",
    "other": "#6b5f80",
}
#: Kinds of runs.
KINDS: Mapping[Kind, tuple[str, str]] = {
    "stepped": ("#c2491a", "#e8703a"),
    "traced": ("#b06000", "#e69f00"),
    "baseline": ("#5f7485", "#a3b4c2"),
    "variant": ("#0072b2", "#56b4e9"),
}
#: Everything else.
TONES: Mapping[str, tuple[str, str]] = {
    "ground": GROUND,
    "ink": ("#17202a", "#e6ebf0"),
    "soft": ("#566370", "#9fb0c0"),
    "line": ("#c3ccd5", "#36424e"),
    "faint": ("#f3f6f8", "#19212a"),
    "good": ("#007a52", "#3ecf9b"),
    "warn": ("#8f5600", "#f0b949"),
    "bad": ("#b3261e", "#ff8a80"),
    "roof": ("#17202a", "#e6ebf0"),
}

_RULES = """
.cyclesim-report{color-scheme:light dark;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
 "Noto Sans","Noto Sans CJK SC",sans-serif;color:var(--ink);background:var(--ground);
 max-width:66rem;margin:0 auto;padding:1.5rem 1.25rem 3rem}
.cyclesim-report *{box-sizing:border-box}
.cyclesim-report h1{font-size:1.7rem;line-height:1.2;margin:.2rem 0 .3rem;
 overflow-wrap:anywhere;color:inherit}
.cyclesim-report h2{font-size:1.2rem;margin:2.4rem 0 .5rem;padding-top:.6rem;
 border-top:1px solid var(--line);color:inherit}
.cyclesim-report p{margin:.35rem 0;max-width:46rem}
.cyclesim-report .soft,.cyclesim-report figcaption,.cyclesim-report caption{color:var(--soft)}
.cyclesim-report .good{color:var(--good)}
.cyclesim-report .warn{color:var(--warn)}
.cyclesim-report .bad{color:var(--bad);font-weight:600}
.cyclesim-report .note{border-left:3px solid var(--warn);background:var(--faint);
 padding:.4rem .8rem;margin:.5rem 0}
.cyclesim-report blockquote{margin:.6rem 0;padding:.4rem .9rem;border-left:3px solid var(--line);
 overflow-wrap:anywhere;max-height:12em;overflow:auto}
.cyclesim-report .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));
 gap:.75rem;margin:1.1rem 0}
.cyclesim-report .card{border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem;
 background:var(--faint)}
.cyclesim-report .card b{display:block;font-size:1.5rem;line-height:1.25;
 font-variant-numeric:tabular-nums}
.cyclesim-report .wide{overflow-x:auto}
.cyclesim-report table{border-collapse:collapse;margin:.6rem 0;font-size:.9rem;
 font-variant-numeric:tabular-nums;color:inherit}
.cyclesim-report caption{text-align:left;padding-bottom:.3rem;caption-side:top}
.cyclesim-report th,.cyclesim-report td{text-align:left;vertical-align:top;
 padding:.22rem .9rem .22rem 0;border-bottom:1px solid var(--line);background:none}
.cyclesim-report thead th{color:var(--soft);font-weight:600;vertical-align:bottom}
.cyclesim-report tbody th{font-weight:600;white-space:nowrap}
.cyclesim-report tbody th.step{font-weight:400;padding-left:1.2rem}
.cyclesim-report .n{text-align:right;white-space:nowrap}
.cyclesim-report td.w{white-space:nowrap}
.cyclesim-report td.l{min-width:14rem}
.cyclesim-report tfoot th,.cyclesim-report tfoot td{border-bottom:0;font-weight:600}
.cyclesim-report td svg{display:block}
.cyclesim-report .facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;
 margin:.6rem 0;font-size:.9rem}
.cyclesim-report .facts dt{color:var(--soft)}
.cyclesim-report .facts dd{margin:0;overflow-wrap:anywhere}
.cyclesim-report figure{margin:.8rem 0}
.cyclesim-report figcaption{font-size:.88rem;max-width:46rem}
.cyclesim-report .panels{display:grid;gap:1rem;
 grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr))}
.cyclesim-report figure>svg{width:100%;height:auto;display:block}
.cyclesim-report .unit{white-space:nowrap;margin-right:.9em}
.cyclesim-report svg text{fill:var(--ink);font-size:12px;font-variant-numeric:tabular-nums}
.cyclesim-report svg .s{fill:var(--soft)}
.cyclesim-report svg .grid{stroke:var(--line);stroke-width:1}
.cyclesim-report svg .axis{stroke:var(--soft);stroke-width:1}
.cyclesim-report svg .roof{stroke:var(--roof);stroke-width:2;fill:none}
.cyclesim-report svg .dash{stroke-dasharray:5 4}
.cyclesim-report svg .band{fill:var(--faint)}
.cyclesim-report svg .letter{fill:var(--ground);font-weight:700;text-anchor:middle}
.cyclesim-report svg .halo{paint-order:stroke;stroke:var(--ground);stroke-width:3px}
.cyclesim-report svg .mid{text-anchor:middle}
.cyclesim-report svg .end{text-anchor:end}
@media print{
 .cyclesim-report{color-scheme:light;font-size:10.5pt;max-width:none;padding:0;
  print-color-adjust:exact;-webkit-print-color-adjust:exact}
 .cyclesim-report figure,.cyclesim-report table,.cyclesim-report tr,.cyclesim-report .card,
 .cyclesim-report .note{break-inside:avoid}
 .cyclesim-report h2,.cyclesim-report h2+p{break-after:avoid}
 .cyclesim-report .wide{overflow:visible}
 .cyclesim-report tfoot{display:table-row-group}
 .cyclesim-report blockquote{max-height:none}
}
"""


def style() -> str:
    """The rules, and a variable for each colour."""
    tones = dict(TONES)
    tones |= {f"k-{kind}": both for kind, both in KINDS.items()}
    tones |= {f"u-{unit}": (UNITS_ON_WHITE[unit], dark) for unit, dark in UNIT_COLOURS.items()}
    light = ";".join(f"--{name}:{one}" for name, (one, _) in tones.items())
    both = ";".join(f"--{name}:light-dark({one},{two})" for name, (one, two) in tones.items())
    return (
        f"<style>\n.cyclesim-report{{{light}}}\n"
        f"@supports(color:light-dark(#000,#fff)){{.cyclesim-report{{{both}}}}}"
        f"{_RULES}</style>"
    )
