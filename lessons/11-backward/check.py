"""The training step that the exercise is held against."""

from cyclesim.lessons.exercises import Case

#: As AdamW has them where nothing else is said.
DECAY, EPS = 0.01, 1e-8


def cases(trace, runs):
    for run in (trace, runs["sgd"]):
        (loss,) = run.find("forward and loss")
        (backward,) = run.find("backward and loss")
        (head,) = run.find("backward and classifier and step == logits")
        logits, targets = (value.numpy() for value in loss.inputs[:2])
        gradient = backward.outputs[0].numpy()
        yield Case("loss", "loss", (logits, targets), float(loss.outputs[0].numpy()))
        yield Case("gradient", "gradient_of_logits", (logits, targets), gradient)
        wrote = {value.name: value.numpy() for value in head.outputs}
        read = {value.name: value.numpy() for value in head.inputs}
        given = read["grad output"][0], read["input"][0]
        yield Case("weight", "gradient_of_weight", given, wrote["grad weight"])
    lr = trace.result["lr"]
    for update in trace.find('update and adamw and path == "classifier"'):
        read = {value.name: value.numpy() for value in update.inputs}
        given = read["value"], read["gradient"], lr, DECAY, EPS
        yield Case("adamw", "adamw", given, update.outputs[0].numpy(), within=1e-7)
