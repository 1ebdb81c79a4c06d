"""This installation: when it began, when it last started, and with which version."""
