"""One run against another setting of itself: pure data and arithmetic of `cyclesim.compare`."""

from cyclesim.versus.attention import AttentionMap, attention_maps
from cyclesim.versus.comparison import (
    SCHEMA,
    Answer,
    Change,
    Comparison,
    Difference,
    First,
    Kind,
    Memory,
    Preparation,
    Row,
    Setup,
    remark,
)
from cyclesim.versus.overhead import Item, Overhead
from cyclesim.versus.scaling import (
    QUANTITIES,
    Fit,
    Part,
    Point,
    Quantity,
    Sweep,
    fit_power,
)
from cyclesim.versus.statistics import FEWEST, Ratio, Times, noise_floor, ratio
from cyclesim.versus.variant import VARIANTS, Variant, check_effort, parse_sweep, parse_variants
from cyclesim.versus.work import CycleWork, PhaseWork, UnitWork

__all__ = [
    "FEWEST",
    "QUANTITIES",
    "SCHEMA",
    "VARIANTS",
    "Answer",
    "AttentionMap",
    "Change",
    "Comparison",
    "CycleWork",
    "Difference",
    "First",
    "Fit",
    "Item",
    "Kind",
    "Memory",
    "Overhead",
    "Part",
    "PhaseWork",
    "Point",
    "Preparation",
    "Quantity",
    "Ratio",
    "Row",
    "Setup",
    "Sweep",
    "Times",
    "UnitWork",
    "Variant",
    "attention_maps",
    "check_effort",
    "fit_power",
    "noise_floor",
    "parse_sweep",
    "parse_variants",
    "ratio",
    "remark",
]
