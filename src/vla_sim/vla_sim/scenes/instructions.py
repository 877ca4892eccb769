"""Instruction templates by verb, some for training, others only for testing."""

from __future__ import annotations

from vla_core.records.scene import ParsedTask, Phrase, Verb

TRAIN = {
    Verb.PUT_IN: (
        'put the {target} in the {destination}',
        'place the {target} in the {destination}',
        'put the {target} into the {destination}',
        'pick up the {target} and put it in the {destination}',
        'pick the {target} and place it in the {destination}',
    ),
    Verb.STACK: (
        'stack the {target} on the {destination}',
        'put the {target} on top of the {destination}',
        'place the {target} on the {destination}',
        'stack the {target} on top of the {destination}',
    ),
    Verb.PUSH: (
        'push the {target} to the {side}',
        'push the {target} {side}',
        'slide the {target} to the {side}',
        'move the {target} to the {side}',
    ),
    Verb.PRESS: (
        'press the button',
        'push the button',
        'press the {target}',
        'press down the button',
    ),
    Verb.OPEN: ('open the drawer', 'pull the drawer open', 'open up the drawer'),
    Verb.CLOSE: ('close the drawer', 'push the drawer closed', 'shut the drawer'),
}

TEST = {
    Verb.PUT_IN: (
        'drop the {target} into the {destination}',
        'the {target} goes in the {destination}',
        'could you put the {target} inside the {destination}',
        'move the {target} into the {destination}',
    ),
    Verb.STACK: (
        'set the {target} on top of the {destination}',
        'please stack the {target} onto the {destination}',
        'take the {target} and put it on the {destination}',
    ),
    Verb.PUSH: (
        'shove the {target} to the {side}',
        'please push the {target} towards the {side}',
        'nudge the {target} to the {side}',
    ),
    Verb.PRESS: ('hit the button', 'please press the button', 'push down on the {target}'),
    Verb.OPEN: ('please open the drawer', 'slide the drawer open', 'pull out the drawer'),
    Verb.CLOSE: ('please close the drawer', 'slide the drawer shut', 'push the drawer in'),
}

NAMED = {  # templates of a press that name the button, for scenes with several
    'train': ('press the {target}', 'push the {target}', 'press down the {target}'),
    'test': ('push down on the {target}', 'hit the {target}', 'please press the {target}'),
}
PARAPHRASES = {'train': TRAIN, 'test': TEST}


def phrase(colour: str, shape: str) -> Phrase:
    """Return the phrase of an object, such as 'the red cube'; a drawer has no colour."""
    text = shape if shape == 'drawer' or not colour else f'{colour} {shape}'
    return Phrase(text=f'the {text}', colour='' if shape == 'drawer' else colour, shape=shape)


def format_instruction(task: ParsedTask, split: str, pick: int, has_rivals: bool = False) -> str:
    """Return the instruction of a task: template number `pick` (modulo their count); with rivals
    one that names its target."""
    templates = PARAPHRASES[split][task.verb]
    if has_rivals and task.verb == Verb.PRESS:
        templates = NAMED[split]
    words = {
        'target': task.target.text.removeprefix('the '),
        'destination': task.destination.text.removeprefix('the '),
        'side': task.side,
    }
    return templates[pick % len(templates)].format(**words)
