"""How property tests run: no time limit, because a busy machine is no counter-example."""

from hypothesis import HealthCheck, settings

law = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
