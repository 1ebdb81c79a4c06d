"""Tests of the ledger, reports and budgets."""
