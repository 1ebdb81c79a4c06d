from prometheus_client import REGISTRY

from backend.kit.metrics import Metrics


def test_two_applications_in_one_process_count_apart() -> None:
    first, second = Metrics.declare("1"), Metrics.declare("1")

    first.request_done("GET", "/health", 200, 0.001)

    assert b'bakeoff_requests_total{method="GET",route="/health",status="200"} 1.0' in first.text()
    assert b'route="/health"' not in second.text()


def test_nothing_is_added_to_the_registry_of_the_library() -> None:
    Metrics.declare("1")

    assert not any(metric.name.startswith("bakeoff") for metric in REGISTRY.collect())


def test_strangers_cannot_add_series() -> None:
    metrics = Metrics.declare("1")

    for number in range(50):
        metrics.request_done(f"METHOD{number}", None, 404, 0.001)
        metrics.socket_closed(5000 + number)

    text = metrics.text().decode()
    assert 'bakeoff_requests_total{method="other",route="unmatched",status="404"} 50.0' in text
    assert 'bakeoff_sockets_closed_total{code="other"} 50.0' in text
    assert "METHOD1" not in text


def test_open_sockets_are_asked_for_when_somebody_looks() -> None:
    metrics = Metrics.declare("1")
    sockets = [1, 2, 3]
    metrics.count_open_sockets(lambda: len(sockets))
    sockets.pop()

    assert b"bakeoff_sockets_open 2.0" in metrics.text()


def test_the_version_and_the_process_are_in_it() -> None:
    text = Metrics.declare("1.2.3").text().decode()

    assert 'bakeoff_build_info{version="1.2.3"} 1.0' in text
    assert "python_info" in text


def test_what_somebody_else_counts_is_asked_for_when_somebody_looks() -> None:
    metrics = Metrics.declare("1")
    counts = {("replay",): 1, ("snapshot",): 2}
    metrics.rooms.joins.set_function(lambda: counts)
    metrics.rooms.events.set_function(lambda: {(): counts["replay",]})
    counts["replay",] = 7

    text = metrics.text().decode()
    assert 'bakeoff_room_joins_total{given="replay"} 7.0' in text
    assert 'bakeoff_room_joins_total{given="snapshot"} 2.0' in text
    assert "bakeoff_room_events_total 7.0" in text
    assert "\nbakeoff_room_deliveries_total " not in text


def test_all_endpoints_of_users_are_one_provider() -> None:
    providers = Metrics.declare("1").providers
    providers.know({"openai": True, "azure": False})

    names = ["openai", "azure", *(f"mine-{number}" for number in range(1000))]
    assert {providers.label(name) for name in names} == {"openai", "azure", "(users)"}


def test_what_alerts_ask_for_is_there_before_it_happens() -> None:
    metrics = Metrics.declare("1")
    metrics.providers.know({"openai": True, "azure": False})

    text = metrics.text().decode()
    for series in (
        'bakeoff_refusals_total{code="queue_full"} 0.0',
        'bakeoff_sockets_closed_total{code="4408"} 0.0',
        'bakeoff_database_unavailable_total{reason="disk full"} 0.0',
        'bakeoff_cost_dollars_total{provider="openai"} 0.0',
        'bakeoff_cost_dollars_total{provider="(users)"} 0.0',
    ):
        assert series in text
    assert "azure" not in text
