"""What is counted of a response at its end: by who answered, once, whatever becomes of writing it down."""

from backend.comparisons.batch import Ending
from backend.kit.metrics import ProviderMetrics


def count_end(metrics: ProviderMetrics, ending: Ending) -> None:
    account, closed = ending.account, ending.closed
    numbers, usage = account.metrics, account.usage
    provider = metrics.label(numbers.provider)
    metrics.responses.labels(provider, closed.kind or closed.status).inc()
    for retry in ending.retries:
        metrics.retries.labels(retry.kind).inc()
    if numbers.time_to_first_token_ms is not None:
        metrics.first_token_seconds.labels(provider).observe(numbers.time_to_first_token_ms / 1000)
    if usage is None:
        return  # nobody was asked
    metrics.tokens.labels(provider, "in").inc(numbers.input_tokens or 0)
    metrics.tokens.labels(provider, "out").inc(numbers.output_tokens or 0)
    metrics.cost.labels(provider).inc(float(account.cost.amount or 0))
    metrics.unknown_costs.labels(provider).inc(account.cost.amount is None)
