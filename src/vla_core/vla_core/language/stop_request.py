"""Recognises a request to stop in an instruction, in any wording, before anything else reads it.

A false positive makes the robot stand still, a false negative lets it move: every doubt is a stop.
"""

from __future__ import annotations

import re
import unicodedata

from vla_core.language.refusal import READ
from vla_core.language.spelling import slip_of

SEARCHED = 10_000  # characters of an instruction
# a stop wherever it stands in the text, unless it is negated
_STOP = re.compile(
    r'\b(?:(?:s+t+o+p+|halt|freez|abort|cancel|ceas|desist|paus)\w*|stahp|e-?stop|whoa|anhalten|'
    r'arrête[rz]?|arrete[rz]?|alto|deténte|detente|fermati|fermo|стоп|стой|توقف|قف|dur)\b'
    r'|रुको|停|止まれ|とまれ|やめろ|ストップ|멈춰|정지'
)
# sayings that are a stop wherever they stand
_SAYING = re.compile(
    r'\b(?:(?:hang|hold) +(?:on|up|it|still|your|position)|never *mind|quit|kill|hands +off|'
    r'forget +(?:it|that|about)|knock +it +off|cut +it +out|leave +it +alone|(?:back|stand) +off|'
    r'stand +(?:down|still)|wait(?! +(?:until|till|for|before|after)\b)|'
    r'(?:turn|switch|power|shut)(?: +\w+){0,3} +off|(?:turn|power|shut)(?: +\w+){0,3} +down|'
    r"(?:don't|dont|never|not) +(?:\w+ +)?(?:move|touch))\b"
)
# "don't stop" as an imperative: 'it did not stop' and 'you never stop' are none
_NEGATED = re.compile(
    r'(?:^|[!?.,;:])\s*(?:(?:please|robot|and|but|just|no|hey|ok|okay) +)*'
    r"(?:don't|dont|do not|never) +(?:s+t+o+p+|halt|freeze|abort|cancel)\b"
)
# a stop when it is all that a part of the text says: 'wait! not that one'
_PART = frozenset((
    'wait', 'hold', 'hold on', 'hold it', 'hold still', 'hold position', 'pause', 'stand still',
    'stand by', 'stay', 'stay still', 'stay put', 'stay there', 'keep still', 'be still',
    "don't move", 'dont move', 'do not move', 'no more', "don't do that", "don't do it",
    'do not do that', 'do not do it', 'enough', "that's enough", 'that is enough', 'quit',
    'quit it', 'emergency', 'leave it', 'shut down', 'power off', 'turn off', 'switch off',
    'danger', 'basta', 'no no', "don't", 'dont', 'do not',
))  # fmt: skip
# a stop when it is the whole text; 'no, put it …' is a correction
_WHOLE = _PART | {'no', 'nope', 'end', 'help', 'para', 'pare', 'nein', 'non', 'nicht'}
_POLITE = frozenset((
    'please', 'robot', 'hey', 'ok', 'okay', 'now', 'oh', 'right', 'just', 'a', 'moment', 'second',
    'minute', 'there', 'immediately',
))  # fmt: skip
_STEMS = ('stop', 'halt', 'freeze', 'abort', 'cancel')
# slips of these are put right wherever they stand
_SLIPPED = frozenset((*_STEMS, 'pause', 'wait', 'hold', 'quit', 'cease', 'desist', 'enough'))


def is_stop_request(instruction: str) -> bool:
    """True when the text asks the robot to stop."""
    text = unicodedata.normalize('NFKC', instruction[:SEARCHED]).casefold()
    text = re.sub('[’‘`´]', "'", text)
    text = re.sub('[\u200b-\u200f\u2060\ufeff\u00ad]', '', text)  # invisible characters
    return _asks(text) or _asks(re.sub(r"[^\W\d_]+(?:'[^\W\d_]+)*", _put_right, text))


def _put_right(match: re.Match[str]) -> str:
    """The word, or the stop of which it is a slip; a word that the parser reads stays."""
    word = match.group()
    return word if word in READ else slip_of(word, _SLIPPED) or word


def _asks(text: str) -> bool:
    if _STOP.search(_NEGATED.sub(' ', text)) or _SAYING.search(text):
        return True
    if any(_short(part) in _PART for part in re.split('[!?.,;:]+', text)):
        return True
    words = _short(text)
    if words in _WHOLE or words.replace(' ', '') in _STEMS:  # 's t o p'
        return True
    return ' ' not in words and any(_is_typo(words, stem) for stem in _STEMS)


def _short(text: str) -> str:
    """Return the words of the text without polite ones; a word that is repeated stands once."""
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", text)
    if (joined := ' '.join(words)) in _WHOLE:
        return joined
    words = [word for word in words if word not in _POLITE]
    return words[0] if len(set(words)) == 1 else ' '.join(words)


def _is_typo(word: str, stem: str) -> bool:
    """True when `word` is `stem` with one letter missing, added, changed or swapped."""
    cuts = [(stem[:k], stem[k:]) for k in range(len(stem) + 1)]
    swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    patterns = [f'{re.escape(a)}.?{re.escape(rest)}' for a, b in cuts for rest in {b, b[1:]}]
    return word in swapped or any(re.fullmatch(p, word) for p in patterns)
