"""Everything a person can do, said once: keys, footer, palette and help are made from this list.

A person may choose other keys for them (see `cyclesim.tui.keys`).
"""

from __future__ import annotations

from dataclasses import dataclass

from cyclesim.language import N_

__all__ = ["COMMANDS", "GROUPS", "Command"]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the app can do. Texts are translated where they are shown.

    Attributes:
        action: the action that a key runs; `{key}` in it stands for the key.
        keys: Textual's names of the keys, comma-separated; the first is the one shown.
        shown: the key as a person would name it.
        label: one or two words for the footer.
        help: one sentence.
        group: where help lists it.
        rank: place in the footer, 1 first; 0 is not shown there.
        runs: needs a model that can run, so a saved trace cannot do it.
    """

    action: str
    keys: str
    shown: str
    label: str
    help: str
    group: str
    rank: int = 0
    runs: bool = False

    @property
    def name(self) -> str:
        """What a user's keymap calls it."""
        return self.action.partition("(")[0]

    @property
    def fixed(self) -> bool:
        """Whether its keys are a part of what it does, so that nobody can choose others."""
        return "{key}" in self.action

    @property
    def taught(self) -> bool:
        """Whether it is there only beside a lesson."""
        return self.group == "Lesson"


GROUPS = (
    N_("Run"), N_("Look"), N_("Change"), N_("Tensor"), N_("Ask"), N_("App"), N_("Lesson"),
)  # fmt: skip

COMMANDS: tuple[Command, ...] = (
    Command(
        "step", "n", "n", N_("step"),
        N_("Run the next cycle (or layer, module: see c)."),
        "Run", 1,
    ),
    Command(
        "back", "b", "b", N_("back"),
        N_("Look one step back. Nothing runs, nothing is lost."),
        "Run", 2,
    ),
    Command(
        "play", "space", "space", N_("play"),
        N_("Let the clock tick by itself; again to pause."),
        "Run", 3,
    ),
    Command(
        "next_layer", "right_square_bracket", "]", N_("next layer"),
        N_("Run on to the first cycle of the next layer."),
        "Run", 4,
    ),
    Command(
        "previous_layer", "left_square_bracket", "[", N_("layer back"),
        N_("Look back to the start of a layer."),
        "Run",
    ),
    Command(
        "step_in", "i", "i", N_("step in"),
        N_("Run one cycle, whatever the clock's resolution."),
        "Run",
    ),
    Command(
        "step_over", "v", "v", N_("step over"),
        N_("Run the next module to its end."),
        "Run",
    ),
    Command(
        "step_out", "u", "u", N_("step out"),
        N_("Run until this module is left."),
        "Run",
    ),
    Command(
        "finish", "f", "f", N_("finish"),
        N_("Run to the end, or to a breakpoint: answer, verdict and times."),
        "Run", 5,
    ),
    Command(
        "goto", "g", "g", N_("go to"),
        N_("Go to a cycle, by number or condition (softmax and layer 2); it runs if need be."),
        "Run", 6,
    ),
    Command(
        "stops", "B", "B", N_("break"),
        N_("Breakpoints: conditions that stop the run; list, switch, delete."),
        "Run", 9, runs=True,
    ),
    Command(
        "resolution", "c", "c", N_("clock"),
        N_("How far one step goes: step, module, layer."),
        "Run", 14,
    ),
    Command(
        "faster", "plus,equals_sign", "+", N_("faster"),
        N_("Tick faster."),
        "Run",
    ),
    Command(
        "slower", "minus", "-", N_("slower"),
        N_("Tick slower."),
        "Run",
    ),
    Command(
        "restart", "r", "r", N_("restart"),
        N_("Start again before cycle 0, with the same text."),
        "Run", runs=True,
    ),
    Command(
        "find", "slash", "/", N_("find"),
        N_("Find a cycle: softmax and layer 1, max > 0.9; or a word of the text: softmax London."),
        "Look", 7,
    ),
    Command(
        "source", "less_than_sign", "<", N_("its source"),
        N_("Jump to the cycle whose output this one read."),
        "Look",
    ),
    Command(
        "reader", "greater_than_sign", ">", N_("its reader"),
        N_("Jump to the cycle that reads this one's output next."),
        "Look",
    ),
    Command(
        "return", "backspace", "backspace", N_("return"),
        N_("Return to where you were before the last jump."),
        "Look",
    ),
    Command(
        "bookmark('{key}')", "0,1,2,3,4,5,6,7,8,9", "0-9", N_("bookmark"),
        N_("Go to a bookmark; a free digit marks this cycle, its own digit frees it again."),
        "Look",
    ),
    Command(
        "rows", "l", "l", N_("rows"),
        N_("Timeline rows: the whole model, its layers, the steps of this layer."),
        "Look",
    ),
    Command(
        "columns", "d", "d", N_("data order"),
        N_("Timeline columns: as it ran, or each cycle as early as its data allow."),
        "Look",
    ),
    Command(
        "next_sequence", "N", "N", N_("sequence"),
        N_("Of a batch, look at the next sequence: its tokens, its answer."),
        "Look",
    ),
    Command(
        "previous_sequence", "P", "P", N_("sequence"),
        N_("Of a batch, look at the sequence before."),
        "Look",
    ),
    Command(
        "follow", "F", "F", N_("follow"),
        N_("Let the program tree go along with the run, or stay where it is."),
        "Look",
    ),
    Command(
        "next_panel", "tab", "tab", N_("panel"),
        N_("Go to the next panel."),
        "Look", 12,
    ),
    Command(
        "previous_panel", "shift+tab", "shift+tab", N_("panel"),
        N_("Go to the panel before."),
        "Look",
    ),
    Command(
        "enlarge", "z", "z", N_("enlarge"),
        N_("Give this panel the whole screen; again for all panels."),
        "Look", 13,
    ),
    Command(
        "edit", "e", "e", N_("edit"),
        N_("Change what this cycle wrote: zero a head, scale, add noise; and run on."),
        "Change", 10, runs=True,
    ),
    Command(
        "rewind", "w", "w", N_("what if"),
        N_("What if: run again from this cycle. The future that was is kept as a branch."),
        "Change", runs=True,
    ),
    Command(
        "branches", "W", "W", N_("branches"),
        N_("The futures of this run: look at another, or compare with it."),
        "Change", runs=True,
    ),
    Command(
        "compare", "C", "C", N_("compare"),
        N_("Put another run beside this one: other attention, text, model, branch or file."),
        "Change", 11,
    ),
    Command(
        "next_tensor", "o", "o", N_("tensor"),
        N_("Show another tensor of this cycle: its output, an input, a weight."),
        "Tensor",
    ),
    Command(
        "previous_tensor", "O", "O", N_("tensor"),
        N_("Show the tensor before."),
        "Tensor",
    ),
    Command(
        "next_head", "h", "h", N_("head"),
        N_("Move along the chosen dimension: the next head, sequence, row."),
        "Tensor",
    ),
    Command(
        "previous_head", "H", "H", N_("head"),
        N_("Move back along the chosen dimension."),
        "Tensor",
    ),
    Command(
        "dimension", "D", "D", N_("dimension"),
        N_("Choose the dimension that h moves along, and which two are drawn."),
        "Tensor",
    ),
    Command(
        "heads", "a", "a", N_("heads"),
        N_("Attention: one head, all heads side by side, their mean."),
        "Tensor",
    ),
    Command(
        "drawing", "m", "m", N_("drawing"),
        N_("Draw the numbers as a heatmap, a histogram or figures."),
        "Tensor",
    ),
    Command(
        "changed", "x", "x", N_("changes"),
        N_("What changed: against the cycle before, the other branch, the other run."),
        "Tensor",
    ),
    Command(
        "pair", "Y", "Y", N_("gradient"),
        N_("In a training step: a tensor and its gradient side by side."),
        "Tensor",
    ),
    Command(
        "zoom_in", "right_curly_bracket", "}", N_("zoom in"),
        N_("Make the cells of the tensor larger."),
        "Tensor",
    ),
    Command(
        "zoom_out", "left_curly_bracket", "{", N_("zoom out"),
        N_("Make the cells of the tensor smaller."),
        "Tensor",
    ),
    Command(
        "predict", "p", "p", N_("predict"),
        N_("Predict before you step: say what will come, then see."),
        "Ask", 8,
    ),
    Command(
        "writing", "K", "K", N_("text, cache"),
        N_("The text that is written, its key-value cache, and what each token cost."),
        "Ask",
    ),
    Command(
        "learning", "U", "U", N_("learning"),
        N_("In a training step: gradient norm and update of each layer."),
        "Ask",
    ),
    Command(
        "probe", "A", "A", N_("answer now"),
        N_("The answer if the clock stopped here, layer by layer."),
        "Ask", runs=True,
    ),
    Command(
        "measure", "T", "T", N_("measure"),
        N_("Measure full speed again: the median of more repeats."),
        "Ask", runs=True,
    ),
    Command(
        "new_text", "t", "t", N_("text"),
        N_("Run another text; with its question, choices or entities where the task has them."),
        "App", runs=True,
    ),
    Command(
        "new_machine", "M", "M", N_("model"),
        N_("Another model, task, attention or device, without leaving."),
        "App", runs=True,
    ),
    Command(
        "generation", "G", "G", N_("generation"),
        N_("How a text is generated: how many tokens, likeliest or drawn, beams, cache."),
        "App", runs=True,
    ),
    Command(
        "export", "E", "E", N_("export"),
        N_("Save the screen as a picture, the view as HTML, or the session as a log."),
        "App",
    ),
    Command(
        "projector", "V", "V", N_("projector"),
        N_("For the back row: large panes, high contrast, pressed keys shown."),
        "App",
    ),
    Command(
        "language", "L", "L", N_("language"),
        N_("English or Chinese."),
        "App",
    ),
    Command(
        "help", "question_mark,f1", "?", N_("help"),
        N_("This page."),
        "App", 15,
    ),
    Command(
        "quit", "q,ctrl+q,ctrl+c", "q", N_("quit"),
        N_("Stop the run and leave."),
        "App", 16,
    ),
    Command(
        "lesson_on", "j", "j", N_("go on"),
        N_("Read on, answer, or go on to the next step."),
        "Lesson",
    ),
    Command(
        "lesson_back", "k", "k", N_("step back"),
        N_("The step of the lesson before."),
        "Lesson",
    ),
    Command(
        "lesson_hint", "y", "y", N_("hint"),
        N_("A hint; one more each time."),
        "Lesson",
    ),
    Command(
        "lesson_fold", "J", "J", N_("fold"),
        N_("Fold the lesson, or unfold it."),
        "Lesson",
    ),
)  # fmt: skip
