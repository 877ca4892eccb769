"""The vocabulary of the instruction grammar: colours, shapes, sizes, sides, verbs, fillers."""

from __future__ import annotations

COLOURS: dict[str, tuple[str, ...]] = {
    'red': ('red', 'crimson', 'scarlet'),
    'orange': ('orange',),
    'yellow': ('yellow', 'golden'),
    'green': ('green', 'lime'),
    'cyan': ('cyan', 'turquoise', 'teal', 'aqua'),
    'blue': ('blue', 'navy', 'azure'),
    'purple': ('purple', 'violet', 'lilac'),
    'pink': ('pink', 'magenta', 'rose'),
    'white': ('white',),
    'gray': ('gray', 'grey', 'silver'),
    'black': ('black',),
    'brown': ('brown', 'tan'),
}
SHAPES: dict[str, tuple[str, ...]] = {
    'cube': ('cube', 'block', 'brick', 'dice', 'die'),
    'cylinder': ('cylinder', 'can', 'tin', 'tube'),
    'ball': ('ball', 'sphere', 'marble', 'orb'),
    'box': ('box', 'bin', 'container', 'tray', 'bowl', 'basket', 'crate', 'carton', 'tub'),
    'button': ('button', 'switch', 'buzzer'),
    'drawer': ('drawer',),
}
SIZES: dict[str, tuple[str, ...]] = {
    'small': ('small', 'smaller', 'smallest', 'little', 'tiny', 'mini'),
    'large': ('large', 'larger', 'largest', 'big', 'bigger', 'biggest', 'huge'),
}
SIDES: dict[str, tuple[str, ...]] = {
    'left': ('left', 'leftward', 'leftwards'),
    'right': ('right', 'rightward', 'rightwards'),
    'forward': ('forward', 'forwards', 'away', 'ahead'),
    'back': ('back', 'backward', 'backwards'),
}
# verb class: its words; the sentence pattern decides the skill (see instruction.py)
VERBS: dict[str, tuple[str, ...]] = {
    'place': ('put', 'place', 'drop', 'move', 'set', 'lay', 'insert', 'transfer', 'stow',
              'deposit', 'throw', 'toss', 'bring', 'get', 'stick'),
    'stack': ('stack', 'pile'),
    'push': ('push', 'slide', 'shove', 'nudge', 'sweep', 'move'),
    'press': ('press', 'push', 'hit', 'tap', 'click'),
    'open': ('open', 'pull'),
    'close': ('close', 'shut'),
    'pick': ('pick', 'grab', 'take', 'grasp', 'lift', 'get'),
}  # fmt: skip

GENERIC_NOUNS = frozenset({'thing', 'object', 'one', 'item', 'toy', 'piece', 'shape'})
# Words in a noun phrase that carry no attribute a detector can use.
FILLERS = frozenset({
    'the', 'a', 'an', 'that', 'this', 'those', 'these', 'my', 'your', 'its', 'some', 'any',
    'which', 'is', 'are', 'very', 'coloured', 'colored', 'colour', 'color', 'solid', 'square',
    'round',
    'wooden', 'plastic', 'metal', 'shiny', 'open', 'empty', 'sized', 'size',
})  # fmt: skip
POLITE = (
    'please', 'kindly', 'now', 'just', 'then', 'robot', 'hey', 'ok', 'okay', 'carefully', 'gently',
    'slowly', 'for me', 'thanks', 'thank you', 'can you', 'could you', 'would you', 'will you',
    'i want you to', "i'd like you to", 'i would like you to', 'i need you to', 'you should',
    'your task is to', 'try to', 'go and', 'go ahead and',
)  # fmt: skip
NEGATIONS = ("don't", 'do not', 'dont', 'never', 'stop', 'not')

SUPPORTED = (
    'put an object in a box, stack one object on another, push an object left, right, forward or '
    'back, press a button, open or close a drawer'
)


def canonical(table: dict[str, tuple[str, ...]], word: str) -> str:
    """Return the entry of `table` that `word` (or its plural) belongs to, or ''."""
    for name, words in table.items():
        if word in words or word.removesuffix('s') in words:
            return name
    return ''
