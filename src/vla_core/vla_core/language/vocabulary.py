"""The vocabulary of the instruction grammar: attributes, verbs, function words, harmless words."""

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
# colours that are things as well: 'the orange' is a fruit, 'the orange one' a colour
NEED_NOUN = frozenset({
    'orange', 'lime', 'rose', 'violet', 'lilac', 'silver', 'golden', 'tan', 'navy', 'aqua', 'teal',
})  # fmt: skip
GENERIC_NOUNS = frozenset({'thing', 'object', 'one', 'item', 'toy', 'piece'})
# what these ask for: an object that the other words describe, and no more
DETERMINERS = frozenset({'the', 'a', 'an', 'any', 'that', 'this'})
COLOUR_SUFFIXES = frozenset({'coloured', 'colored', 'colour', 'color'})
SIZE_SUFFIXES = frozenset({'sized', 'size'})

# word classes of the sentence patterns (patterns.py): alternatives of one or more words
CLASSES: dict[str, tuple[str, ...]] = {
    'place': ('put', 'place', 'drop', 'move', 'set', 'lay', 'insert', 'transfer', 'stow',
              'deposit', 'stick', 'pop', 'lower', 'drop off', 'deliver', 'put down',
              'set down', 'lay down', 'put back',
              'place back', 'add', 'pack', 'load', 'store'),
    'stack': ('stack', 'pile', 'balance'),
    'push': ('push', 'slide', 'shove', 'nudge', 'sweep', 'shift', 'move'),
    'press': ('press', 'push', 'hit', 'tap', 'click', 'activate', 'depress'),
    'pick': ('pick', 'grab', 'take', 'grasp', 'grip', 'fetch', 'lift', 'get', 'pick up', 'lift up',
             'take up'),
    'close': ('close', 'shut'),
    'shift': ('push', 'slide', 'move'),
    'in': ('in', 'into', 'in to', 'inside', 'inside of', 'within', 'back in', 'back into',
           'back inside', 'down in', 'down into', 'down inside'),
    'on': ('on', 'onto', 'on to', 'on top of', 'on the top of', 'upon', 'atop', 'back on',
           'back onto', 'down on', 'down onto', 'back on top of', 'down on top of'),
    'and': ('and', 'then', 'and then'),
    'goes': ('goes', 'belongs', 'should go', 'must go', 'has to go', 'needs to go', 'is to go',
             'ought to go', 'to go', 'to be', 'should be', 'must be', 'has to be', 'needs to be'),
    'desire': ('i need', 'i want', "i'd like", 'i would like'),
    'shall be': ('to be', 'should be', 'must be', 'has to be', 'needs to be'),
    'put': ('put', 'placed'),
    'ensure': ('make sure', 'make sure that', 'ensure', 'ensure that', 'see to it that'),
    'contrast': ('not', 'and not', 'but not', 'rather than', 'instead of', 'as opposed to'),
    'except': ('other than', 'except', 'except for', 'but', 'apart from'),
    'without': tuple(f'without {word}' for word in (
        'touching', 'moving', 'hitting', 'bumping', 'bumping into', 'disturbing', 'pushing',
        'knocking over', 'colliding with', 'knocking', 'knocking into')),
    'anything else': ('anything else', 'any other object', 'any other objects',
                      'the other objects'),
    'to': ('to', 'toward', 'towards', 'over to', 'over towards'),
    'article': ('the', 'your'),
    'side tail': ('side', 'hand side', 'direction'),
}  # fmt: skip

# Words that ask for nothing the robot could leave out. Manner: the speed is limited by the shield.
ANYWHERE = ('right now', 'right away', 'straight away', 'at once', 'immediately', 'please',
            'kindly', 'now', 'just', 'simply', 'only', 'also', 'carefully', 'gently', 'slowly',
            'quickly', 'softly', 'smoothly', 'nicely', 'safely')  # fmt: skip
REQUESTS = ('can you', 'could you', 'would you', 'will you')
LEADING = (*REQUESTS, 'robot', 'the robot should', 'hey', 'hi', 'hello', 'ok', 'okay', 'then',
           'and then', 'and', 'so', 'next', 'i want you to', "i'd like you to",
           'i would like you to', 'i need you to', 'you should', 'you must', 'you need to',
           'you have to', 'your task is to', 'your job is to', 'try to', 'go and', 'go ahead and',
           'let us', "let's", 'lets', 'robot arm',
           'help me', 'help me to', 'hi there', 'hey there')  # fmt: skip
THANKS = ('thanks', 'thank you', 'thank you very much', 'many thanks', 'thanks a lot')
TRAILING = (
    *REQUESTS,
    *THANKS,
    'and thanks',
    'and thank you',
    'robot',
    'for me',
    'ok',
    'okay',
    'too',
    'as well',
    'instead',
)
# between two noun phrases, of which the second counts
CORRECTIONS = ('sorry', 'i mean', 'i meant', 'sorry i mean', 'sorry i meant', 'no sorry')
# before a comma, or as a sentence of its own before the instruction: 'no, put it …' corrects
INTERJECTIONS = frozenset({'no', 'yes', 'yeah', 'right', 'well', 'sorry', 'great', 'good',
                           'perfect', 'nice', 'fine', 'actually', 'alright', 'sure', 'thanks',
                           'excuse me', 'thank you', 'dear robot',
                           'good morning', 'good afternoon', 'good evening'})  # fmt: skip

SUPPORTED = (
    'put an object in a box, stack one object on another, push an object left, right, forward or '
    'back, press a button, open or close a drawer'
)


def canonical(table: dict[str, tuple[str, ...]], word: str) -> str:
    """Return the entry of `table` that `word` belongs to, or ''."""
    return next((name for name, words in table.items() if word in words), '')
