"""Output: from the model's numbers to labels and text, step by step.

A task says what a head's logits mean. What it answers is the model's own argmax: no rule corrects
it on the way. A file a task.
"""

from cyclesim.machine.tasks.base import Results, Task
from cyclesim.machine.tasks.entities import merge_entities
from cyclesim.machine.tasks.fields import FIELDS
from cyclesim.machine.tasks.registry import TASKS, task_for, task_of
from cyclesim.machine.tasks.text_classification import Classification
from cyclesim.machine.tasks.token_classification import TokenClassification

__all__ = [
    "FIELDS",
    "TASKS",
    "Classification",
    "Results",
    "Task",
    "TokenClassification",
    "merge_entities",
    "task_for",
    "task_of",
]
