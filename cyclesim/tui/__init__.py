"""The terminal app. Importing it imports neither torch nor transformers.

from cyclesim.tui.app import run_app
from cyclesim.tui.launch import LaunchOptions

run_app(LaunchOptions(text="Ada Lovelace worked with Charles Babbage in London."))
"""

import os

# Textual looks for what to repaint so many times a second, and a key waits for it.
os.environ.setdefault("TEXTUAL_FPS", "120")
