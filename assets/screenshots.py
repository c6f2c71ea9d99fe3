"""Makes the pictures of the app that the README shows: `python assets/screenshots.py`.

The app runs without a terminal, on the embedded model, and takes the pictures itself.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions

HERE = Path(__file__).parent
#: What is shown: a finished run, looked back at the softmax of layer 2, third head.
PICTURES = {"app-120x40": (120, 40), "app-80x24": (80, 24)}


async def take(name: str, size: tuple[int, int]) -> None:
    app = CyclesimApp(LaunchOptions())
    async with app.run_test(size=size) as pilot:
        while app.session.executed == 0:
            await pilot.press("f")  # does nothing until the model is there
            await pilot.pause(0.2)
        await pilot.pause(1.5)  # the verdict and the times
        await pilot.press("g", *"56", "enter")
        await pilot.pause(0.3)
        if size[0] < 100:
            await pilot.press("tab")
        await pilot.press("h", "h")
        await pilot.press(*["down"] * 12, *["right"] * 12)
        await pilot.pause(0.5)
        svg = app.export_screenshot(title="cyclesim")
    (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")


async def main() -> None:
    for name, size in PICTURES.items():
        await take(name, size)


if __name__ == "__main__":
    asyncio.run(main())
