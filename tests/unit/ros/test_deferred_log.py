"""Errors are logged after the cycle that found them."""

from vla_ros.deferred_log import DeferredErrorLog


class Logger:
    def __init__(self):
        self.logged = []

    def error(self, text, throttle_duration_sec):
        self.logged.append((text, throttle_duration_sec))


def test_nothing_is_logged_before_the_cycle_is_over_and_then_the_first_once():
    logger = Logger()
    log = DeferredErrorLog(logger)
    log.put('position is not finite')
    log.put('names are missing')
    assert logger.logged == []
    log.flush()
    log.flush()
    assert logger.logged == [('position is not finite', 1.0)]
    log.put('names are missing')
    log.flush()
    assert logger.logged[1:] == [('names are missing', 1.0)]
