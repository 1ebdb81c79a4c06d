"""Tests reach loopback only. This folder also stands on the PYTHONPATH of the processes that tests start."""
