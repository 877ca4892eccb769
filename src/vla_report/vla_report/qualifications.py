"""Limits of the measured results; printed in the same line or table as the number."""

from __future__ import annotations

# name in docs/results: (what the number does not show, the command that shows that)
QUALIFICATIONS = {
    'eval-tabletop': (
        'the policy reads object states and roles that the instruction grammar made; it showed no '
        'dependence on the sentence (35 of 36 blanked, 36 of 36 with the sentence of another '
        'task) or on the noise (36 of 36 in one step without any); "unseen" means pairs of '
        'colour and shape; the suite cannot tell policies apart: the scripted policy does it, '
        'too (eval-tabletop-scripted)',
        './vla bench inputs',
    ),
    'eval-tabletop-graph': (
        'as above: object states and roles, not the sentence',
        './vla bench inputs',
    ),
    'eval-tabletop-scripted': (
        'too few episodes for the bounds; it shows that the suite cannot tell policies apart',
        './vla eval',
    ),
    'bench-failure': (
        'the passing bounds belong to hand-made signals that any policy has, not to the '
        "policy's features",
        './vla bench failure --controls',
    ),
    'bench-rules': (
        'the weighted circuit gives the same verdict as "any violation denies" on all 5,544 pairs',
        './vla bench rules --controls',
    ),
    'bench-steering': (
        'the verifier was tuned on the seeds that the gain is measured on',
        './vla bench steering --controls',
    ),
    'bench-switch': (
        'switching is scripted in the supervisor, and measured with the scripted policy',
        './vla bench switch --controls',
    ),
    'bench-trust': (
        'fewer unsafe ends are paid for with success; an arm that always holds has no unsafe end',
        './vla bench trust --controls',
    ),
    'bench-words': (
        'the sentences are ours, and the rules for slips of spelling and for corrections (“…, '
        'sorry, …”) were made after both lists had been read; relations and shades are refused',
        './vla bench words --controls',
    ),
    'bench-messages': (
        'the rows that we know of, played into the logic of the nodes; the running graph gets '
        'eight odd messages, a rival publisher, a rival goal and clock jumps in its tests',
        './vla bench messages --controls',
    ),
    'bench-commission': (
        'simulated robots, and mistakes that we thought of',
        './vla bench commission --controls',
    ),
    'bench-arms': (
        'simulated, with the scripted policy, which reads object states',
        './vla bench arms --controls',
    ),
    'bench-controllers': (
        'emulated controllers, by the rules read in their source; one task and one seed each, '
        'commands at most 3 ms late; no built controller, no arm',
        './vla bench controllers --controls',
    ),
    'bench-remote': (
        'server, relay and robot on one machine, no radio; after an outage of more than 5 s a '
        'person is asked',
        './vla bench remote --controls',
    ),
    'bench-grounding': (
        'scenes of this simulator: seven colours, cubes, cylinders, balls, boxes, one lamp',
        './vla bench grounding --controls',
    ),
}


def qualification(result: str) -> str:
    """'but: what it does not show (command)'; '' for a result without one."""
    if result not in QUALIFICATIONS:
        return ''
    text, command = QUALIFICATIONS[result]
    return f'{text} (`{command}`)'
