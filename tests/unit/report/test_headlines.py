"""The table of the README: what was measured, and what was not, in a line each."""

import json

import pytest

from vla_bringup.checkout.root import ROOT
from vla_report import headlines


def figure(name, value, n=None, bound=None, ok=True, low=None, high=None):
    return {
        'name': name, 'value': value, 'n': n, 'bound': bound, 'ok': ok, 'low': low, 'high': high,
    }  # fmt: skip


def result(*figures):
    return {'figures': list(figures)}


def line_of(table, command):
    """The row of a command without its qualification (see test_qualifications.py)."""
    line = next(line for line in table.splitlines() if f'`{command}`' in line)
    return f'{line.partition(". **But** ")[0].removesuffix(" |")} |'


def test_rates_are_given_with_how_many_were_tried():
    made = headlines.table(
        {
            'eval-tabletop': result(
                figure('success push', 0.97, 100), figure('success stack', 1.0, 90)
            )
        }
    )
    assert line_of(made, './vla eval').endswith('| push 97%, stack 100% (of 90 each) |')


def test_a_bound_that_is_missed_is_named():
    made = headlines.table(
        {
            'bench-rules': result(
                figure('accuracy', 0.9, bound='>= 0.95', ok=False),
                figure('latency', 0.4, bound='<= 1'),
                figure('of no account', 1.0),
            )
        }
    )
    assert line_of(made, './vla bench rules').endswith('| 1 of 2 bounds met; not met: accuracy |')


def is_kept(line):
    return (ROOT / f'docs/results/{line.result}.json').is_file()


@pytest.mark.parametrize(
    'line', list(filter(is_kept, headlines.HEADLINES)), ids=lambda line: line.result
)
def test_a_kept_result_with_a_missed_bound_names_it_in_every_row(line):
    kept = json.loads((ROOT / 'docs/results' / f'{line.result}.json').read_text())
    kept['figures'].append(figure('something else', 9.0, 1, '<= 1', ok=False))
    said = line_of(headlines.table({line.result: kept}), line.command)
    assert said.split('not met: ')[-1].endswith('something else |')


def test_a_bound_that_the_interval_misses_is_named_with_the_end_that_misses():
    missed = figure('accuracy', 0.97, 50, '>= 0.95', ok=False, low=0.87, high=0.99)
    empty = figure('recall', 1.0, 1, '>= 0.95', ok=False)
    gated = result({**missed, 'gate': 'low'}, {**empty, 'gate': 'low'})
    assert line_of(headlines.table({'bench-rules': gated}), './vla bench rules').endswith(
        '| 0 of 2 bounds met; not met: '
        'accuracy (low end of the interval 0.87, bound >= 0.95); '
        'recall (low end of the interval none, bound >= 0.95) |'
    )


def test_the_sentences_of_both_lists_count_and_the_parts_of_a_list_do_not():
    made = result(
        figure('own: wrong actions', 0.0, 300), figure('own, test: wrong actions', 0.0, 100),
        figure('shared: wrong actions', 0.02, 100), figure('own: doable and done', 0.95, 150),
        figure('shared: doable and done', 0.5, 30),
    )  # fmt: skip
    assert line_of(headlines.table({'bench-words': made}), './vla bench words').endswith(
        '| 2 wrong actions in 400 sentences; doable and done: own 95% of 150, shared 50% of 30 |'
    )


def test_the_latency_is_in_seconds_where_its_bound_is_on_the_ratio():
    old = result(*(figure(f'camera to command, {p}', 1500.0) for p in ('p50', 'p99')))
    new = result(
        *(figure(f'camera to command, {p}', 500.0) for p in ('p50', 'p99')),
        *(figure(f'camera to command, {p}, ms', 1500.0) for p in ('p50', 'p99')),
    )
    for made in (headlines.table({'bench-latency': kept}) for kept in (old, new)):
        assert '1.50 s in the median, 1.50 s at p99' in line_of(made, './vla bench latency')


def test_kills_are_counted_with_the_times_that_they_took():
    kept = result(
        figure('policy recovered within 10 s', 0.99, 100, '>= 0.95', ok=True),
        figure('recovery, median', 5.04, 99),
        figure('recovery, longest', 8.26, 99),
        figure('cycle of the shield, longest', 0.0114, 100),
    )
    assert line_of(headlines.table({'bench-kills': kept}), './vla bench kills').endswith(
        '| policy recovered within 10 s after 99 of 100 kills (5.0 s in the median, 8.3 s at '
        'most); longest cycle of the shield 11 ms |'
    )


def test_a_gain_without_an_interval_says_so():
    gain = gains('shipped', plain=(9.0, None, None), all_suites=(9.0, None, None))
    made = headlines.table({'bench-steering': result(*gain)})
    said = line_of(made, './vla bench steering')
    assert '+9.0 points (no interval, 96 episodes) with ten; within chance: plain' in said


def test_the_row_of_the_trust_chain_shows_both_tables():
    cells = {
        ('clean', 'off'): (1.0, 0.0),
        ('clean', 'on'): (0.99, 0.01),
        ('perturbed', 'off'): (0.79, 0.15),
        ('perturbed', 'on'): (0.62, 0.02),
    }
    made = headlines.table(
        {
            'bench-trust': result(
                *(
                    figure(f'{kind}, chain {chain}: {what}', value, 100)
                    for (kind, chain), values in cells.items()
                    for what, value in zip(('success', 'unsafe ends'), values, strict=True)
                )
            )
        }
    )
    assert line_of(made, './vla bench trust').endswith(
        '| clean: success 100% off, 99% on, unsafe ends 0% off, 1% on; '
        'perturbed: success 79% off, 62% on, unsafe ends 15% off, 2% on (of 100 each) |'
    )


def gains(title, **suites):
    """Figures of K=10 by suite: value, low, high."""
    made = [figure(f'{title}, all suites: K=1', 0.5, 96)]
    for suite, (value, low, high) in suites.items():
        name = f'{title}, {suite.replace("_", " ")}: gain of K=10'
        made.append(figure(name, value, 96, low=low, high=high))
    return made


def test_the_row_of_the_verifier_shows_the_pooled_gain_and_where_there_is_none():
    early = gains(
        'early', plain=(25.0, 4.0, 46.0), crowded=(0.0, -20.0, 20.0), wild=(8.0, -12.0, 29.0),
        all_suites=(12.5, 3.1, 22.9),
    )  # fmt: skip
    shipped = gains('shipped', plain=(0.0, 0.0, 0.0), all_suites=(0.0, 0.0, 0.0))
    made = headlines.table({'bench-steering': result(*early, *shipped)})
    assert line_of(made, './vla bench steering').endswith(
        '| early: 50% with one candidate, +12.5 points (3 to 23, 96 episodes) with ten; '
        'no gain: crowded; within chance: wild; '
        'shipped: 50% with one candidate, +0.0 points (0 to 0, 96 episodes) with ten; '
        'no gain in any suite |'
    )


def test_what_was_not_measured_says_so():
    assert line_of(headlines.table({}), './vla bench trust').endswith('| not yet |')


def test_only_what_stands_between_the_marks_is_replaced():
    text = f'before\n{headlines.BEGIN}\nold\n{headlines.END}\nafter\n'
    once = headlines.put_into(text, 'new')
    assert once == f'before\n{headlines.BEGIN}\nnew\n{headlines.END}\nafter\n'
    assert headlines.put_into(once, 'new') == once
    with pytest.raises(ValueError, match='measured'):
        headlines.put_into('no marks', 'new')


def test_the_inputs_of_the_policy_are_listed_by_variant_without_the_rows_by_task():
    figures = {
        name: {'value': value, 'n': 36}
        for name, value in [
            ('as shipped: success', 1.0), ('control, object roles blanked: success', 0.14),
            ('as shipped, put_in: success', 0.5), ('sentence blanked: change of success', -3.0),
        ]
    }  # fmt: skip
    said = headlines.variants(figures)
    assert said == 'as shipped 100%, object roles blanked 14% (of 36 each)'
