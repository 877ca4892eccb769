"""The log of the nodes: a full disk is said once, and does not end the graph."""

from pathlib import Path

from vla_bringup.graph.log import Log


def test_a_full_disk_is_said_once_and_the_last_lines_are_still_there(capsys):
    log = Log(Path('/dev/full'))
    for k in range(3):
        log('sim', f'line {k}')
    log.close()
    said = capsys.readouterr().err
    assert said == (
        'vla: /dev/full: No space left on device; the output of the nodes is lost from here on\n'
    )
    assert list(log.last['sim']) == ['line 0', 'line 1', 'line 2']


def test_a_node_that_cannot_be_configured_is_noted(tmp_path):
    log = Log(tmp_path / 'a' / 'graph.log')
    log('sim', '[INFO] configured')
    log('policy', '[FATAL] no checkpoint')
    log.close()
    assert log.fatal == ['policy']
    assert 'policy | [FATAL] no checkpoint' in (tmp_path / 'a' / 'graph.log').read_text()
