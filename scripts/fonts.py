#!/usr/bin/env python3
"""Makes the fonts of the window: subsets of Inter and Lucide in assets/fonts.

    pip install fonttools
    python3 scripts/fonts.py INTER_FOLDER LUCIDE_FOLDER

INTER_FOLDER holds Inter-Regular.otf and Inter-SemiBold.otf (Debian: fonts-inter), LUCIDE_FOLDER is the unpacked npm
package lucide-static. The figures of Inter become its tabular ones, so that numbers that count do not jump. Writes
src/app/icons.rs with the code points of the icons, too.
"""

import json
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
TEXT = [*range(0x20, 0x7F), *range(0xA0, 0x180), *map(ord, "–—‘’“”•…‰′″←↑→↓↔−∞≈≤≥·×÷Σσπμβ♯♭⌘⇧⌃⌥␣√∑")]
ICONS = """arrow-down-up audio-lines check chevron-down chevron-right circle-alert ellipsis file-audio headphones
layers pause play redo-2 repeat skip-back square triangle-alert undo-2 volume-2 volume-x x""".split()


def options():
    chosen = subset.Options()
    chosen.layout_features = ["kern", "mark", "ccmp"]
    chosen.name_IDs = ["*"]
    chosen.notdef_outline = True
    chosen.hinting = False
    return chosen


def tabular_figures(font):
    """Maps the figures to the glyphs that the feature tnum would choose."""
    table = font["GSUB"].table
    swap = {}
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for index in record.Feature.LookupListIndex:
                for sub in table.LookupList.Lookup[index].SubTable:
                    swap.update(getattr(getattr(sub, "ExtSubTable", sub), "mapping", {}))
    for cmap in font["cmap"].tables:
        for code in range(ord("0"), ord("9") + 1):
            if code in cmap.cmap:
                cmap.cmap[code] = swap.get(cmap.cmap[code], cmap.cmap[code])


def write(font, codes, target):
    subsetter = subset.Subsetter(options())
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    font.save(target)
    print(target.relative_to(ROOT), target.stat().st_size, "bytes")


def main():
    inter, lucide = map(Path, sys.argv[1:])
    fonts = ROOT / "assets" / "fonts"
    for style in ["Regular", "SemiBold"]:
        font = TTFont(inter / f"Inter-{style}.otf")
        tabular_figures(font)
        write(font, TEXT, fonts / f"Inter-{style}.otf")

    points = json.loads((lucide / "font" / "codepoints.json").read_text())
    missing = [name for name in ICONS if name not in points]
    if missing:
        sys.exit(f"Lucide has no {missing}")
    write(TTFont(lucide / "font" / "lucide.ttf"), [points[name] for name in ICONS], fonts / "Lucide.ttf")
    lines = ["//! Icons: characters of the embedded subset of Lucide, made by `scripts/fonts.py`.", ""]
    for name in sorted(ICONS):
        const = name.upper().replace("-", "_")
        lines.append(f'pub(super) const {const}: &str = "\\u{{{points[name]:x}}}";')
    (ROOT / "src" / "app" / "icons.rs").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
