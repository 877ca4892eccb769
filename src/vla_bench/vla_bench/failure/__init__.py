"""Does the failure detector tell failures from successes better than its baselines?"""
