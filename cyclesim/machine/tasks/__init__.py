"""Output: from the model's numbers to labels and text, step by step.

A task says what a head's logits mean. What it answers is the model's own argmax: no rule corrects
it on the way. A file a task.
"""

from cyclesim.machine.tasks.base import Results, Task
from cyclesim.machine.tasks.entities import merge_entities
from cyclesim.machine.tasks.fields import FIELDS
from cyclesim.machine.tasks.registry import TASKS, task_for, task_of

__all__ = ["FIELDS", "TASKS", "Results", "Task", "merge_entities", "task_for", "task_of"]
